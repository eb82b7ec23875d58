import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { requiresProgram } from '#test';

const UNITS = path.resolve('deploy/systemd');

describe('the Dockerfile', () => {
  const lines = readFileSync('Dockerfile', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const ofKind = (instruction: string): string[] => lines.filter((line) => line.startsWith(`${instruction} `));

  it('copies what exists and is not ignored', () => {
    const admitted = readFileSync('.dockerignore', 'utf8').match(/(?<=^!).+$/gm) ?? [];
    const sources = ofKind('COPY')
      .filter((line) => !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));

    expect(new Set(sources.map((source) => source.split('/')[0]))).toEqual(new Set(admitted));
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
  });

  it('holds every file that libraries read beside their code', () => {
    const beside = readdirSync('libs', { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
      .map((entry) => path.relative('.', entry.parentPath));
    const image = lines.slice(lines.lastIndexOf(ofKind('FROM').at(-1) ?? ''));

    expect(beside.filter((folder) => !image.includes(`COPY ${folder} ${folder}`))).toEqual([]);
  });

  it('builds on the version of Node that the product names', () => {
    const major = readFileSync('.nvmrc', 'utf8').trim().replace(/^v/, '').split('.')[0] ?? '';

    expect(ofKind('FROM').map((line) => line.split(' ')[1])).toEqual(Array(3).fill(`node:${major}-bookworm-slim`));
  });

  it('runs as a numbered user who is not root, and owns nothing', () => {
    expect(ofKind('USER')).toEqual(['USER 10001:10001']);
    expect(ofKind('COPY').filter((line) => line.includes('--chown'))).toEqual([]);
  });

  it('runs a program that exists', () => {
    const command = JSON.parse(ofKind('CMD')[0]?.slice('CMD '.length) ?? '[]') as string[];

    expect(existsSync(command.at(-1) ?? '')).toBe(true);
  });

  it('runs no install scripts of packages', () => {
    const installs = ofKind('RUN').filter((line) => line.includes('npm ci'));

    expect(installs).toHaveLength(2);
    expect(installs.filter((line) => !line.includes('--ignore-scripts'))).toEqual([]);
  });
});

requiresProgram('systemd-analyze')('the systemd units', () => {
  const names = readdirSync(UNITS).filter((name) => name.endsWith('.service'));

  it.each(names)('%s is what systemd understands, and leaves little exposed', (name) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-units-'));
    const unit = path.join(folder, name);
    // The program is not installed here; everything else is as delivered.
    writeFileSync(unit, readFileSync(path.join(UNITS, name), 'utf8').replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));

    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
    const exposed = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit], { encoding: 'utf8' });
    rmSync(folder, { recursive: true, force: true });

    expect(verified.stderr).toBe('');
    expect(exposed.status).toBe(0);
  });

  it.each(names)('%s runs a program that exists', (name) => {
    const program = /^ExecStart=.* (dist\S+)$/m.exec(readFileSync(path.join(UNITS, name), 'utf8'))?.[1] ?? '';

    expect(existsSync(program)).toBe(true);
  });
});
