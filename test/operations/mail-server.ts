import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { TestCertificate } from '../ssl/test-certificates.js';

/** A mail as the server took it. */
export interface ReceivedMail {
  readonly to: readonly string[];
  readonly text: string;
  readonly isEncrypted: boolean;
}

/** A real SMTP server that keeps what it takes, and refuses when it is told to. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** The reply to the next mails: 451 for now, 550 for good; null takes them. */
  refuseWith: 451 | 550 | null = null;
  private readonly server: SMTPServer;

  private constructor(certificate: TestCertificate) {
    this.server = new SMTPServer({
      key: certificate.keyPem,
      cert: certificate.chainPem,
      authMethods: ['PLAIN', 'LOGIN'],
      onAuth: ({ username, password }, _session, done) => {
        const isRight = username === 'upp' && password === 'mail-password';
        done(isRight ? null : new Error('wrong'), isRight ? { user: 'upp' } : undefined);
      },
      onData: (stream, session, done) => {
        let text = '';
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
        stream.on('end', () => {
          if (this.refuseWith !== null) {
            done(Object.assign(new Error('not now'), { responseCode: this.refuseWith }));
            return;
          }
          this.mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text, isEncrypted: session.secure });
          done();
        });
      },
    });
  }

  /** @param certificate - For STARTTLS, without which it takes no password. */
  static async start(certificate: TestCertificate): Promise<MailServer> {
    const mail = new MailServer(certificate);
    mail.server.listen(0, '127.0.0.1');
    await once(mail.server.server, 'listening');
    return mail;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(resolve);
    });
  }
}
