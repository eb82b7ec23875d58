/** Hands mail to the SMTP server. */
import { readFileSync } from 'node:fs';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { AppConfig } from '#platform';

// nodemailer's codes for replies to the recipient and to the content: https://nodemailer.com/smtp/ (checked 2026-11)
const ABOUT_THE_MAIL: ReadonlySet<string> = new Set(['EENVELOPE', 'EMESSAGE']);

/** What is wrong with one attempt, and whether another can help. */
export class MailRefusedError extends Error {
  override readonly name = 'MailRefusedError';

  constructor(
    message: string,
    /** The server has refused this mail for good (a reply 5xx about it): it will be refused again. A wrong password is not about the mail. */
    readonly isFinal: boolean,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/** Mail as text; the connection is kept for the next one. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly transport: Transporter | null;

  constructor(private readonly config: AppConfig) {
    const { host, port, tls, user, password, caFile, timeoutMs } = config.mail;
    this.transport =
      host === null
        ? null
        : createTransport({
            host,
            port,
            secure: tls === 'tls',
            requireTLS: tls === 'starttls',
            ignoreTLS: tls === 'none',
            pool: true,
            maxConnections: 1,
            connectionTimeout: timeoutMs,
            greetingTimeout: timeoutMs,
            socketTimeout: timeoutMs,
            ...(user === null || password === null ? {} : { auth: { user, pass: password } }),
            ...(caFile === null ? {} : { tls: { ca: readFileSync(caFile) } }),
          });
  }

  /** Whether there is a server to hand mail to. */
  get isConfigured(): boolean {
    return this.transport !== null;
  }

  /**
   * Resolves when the server has taken the mail over.
   *
   * @throws MailRefusedError otherwise.
   */
  async send(mail: { readonly to: string; readonly subject: string; readonly text: string; readonly id: string }): Promise<void> {
    if (this.transport === null) throw new MailRefusedError('SMTP_HOST is not set', true, null);
    const { to, subject, text, id } = mail;
    try {
      // The same id on every attempt, so that a mail that arrives twice is recognisable as one.
      await this.transport.sendMail({
        from: this.config.mail.from,
        to,
        subject,
        text,
        messageId: `<${id}@${domainOf(this.config.mail.from)}>`,
      });
    } catch (error) {
      const { responseCode = 0, code = 'unknown' } = error as { responseCode?: number; code?: string };
      throw new MailRefusedError(
        `${code} ${responseCode === 0 ? '' : String(responseCode)}`.trim(),
        responseCode >= 500 && ABOUT_THE_MAIL.has(code),
        error,
      );
    }
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }
}

function domainOf(address: string): string {
  return address.split('@').at(-1) ?? 'localhost';
}
