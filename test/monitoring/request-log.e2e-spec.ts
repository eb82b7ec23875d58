import { jest } from '@jest/globals';
import { waitFor } from '#test';
import { TestSystem } from '../support/test-system.js';

describe('the log', () => {
  it('has one JSON line for each request, by its route and without what was in it', async () => {
    const lines: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0);
    const system = await TestSystem.start({ environment: { LOG_LEVEL: 'info' } });

    const { headers } = await system.call('GET', '/api/payments/pay_01jd8y3v5kq2e9c7x4m6n0r1st?note=jane@example.com');
    const line = await waitFor(() => lines.find((each) => each.includes('"event":"request"')));
    await system.stop();
    write.mockRestore();

    expect(lines.every((each) => each.endsWith('\n') && JSON.parse(each))).toBe(true);
    expect(JSON.parse(line)).toMatchObject({
      level: 'log',
      context: 'Http',
      message: {
        event: 'request',
        requestId: headers.get('x-request-id'),
        method: 'GET',
        route: '/api/payments/:id',
        // The route knows no such query.
        status: 400,
        durationMs: expect.any(Number),
      },
    });
    expect(lines.join('')).not.toContain('jane@example.com');
    expect(lines.join('')).not.toContain('InstanceLoader');
  });
});
