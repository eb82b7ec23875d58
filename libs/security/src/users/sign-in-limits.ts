/** How often somebody may try to sign in. */
import { Injectable } from '@nestjs/common';
import { networkOf } from '../domain/network.js';
import { PersonalDataCipher } from '../personal-data-cipher.js';
import { RateLimiter } from '../rate-limit/rate-limiter.js';
import { SecurityIncidents } from '../security-incidents.js';

/** Two accounts: address and network together, which refuses; the address from everywhere, which only slows down. */
@Injectable()
export class SignInLimits {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly cipher: PersonalDataCipher,
    private readonly incidents: SecurityIncidents,
  ) {}

  /**
   * Counts an attempt.
   *
   * @returns Whether the address is tried so often from everywhere that answers should come slower.
   * @throws RateLimitedError when this network has tried this address too often.
   */
  async isPressed(email: string, ip: string): Promise<boolean> {
    const address = this.hashOf(email);
    await this.limiter.consume('sign_in', { key: `${address}|${networkOf(ip)}`, ip });
    return !(await this.limiter.take('sign_in_email', { key: address })).isAllowed;
  }

  /** A success ends the count of its network: somebody who signs in often is not guessing. */
  async forgive(email: string, ip: string): Promise<void> {
    await this.limiter.forget('sign_in', `${this.hashOf(email)}|${networkOf(ip)}`);
  }

  /** Writes a failure down. */
  report(subject: string, { ip, userAgent }: { ip: string; userAgent: string | null }): void {
    this.incidents.report({ type: 'sign_in_failed', severity: 'low', subject, ip, ...(userAgent === null ? {} : { userAgent }) });
  }

  /** Keys of limits are kept and shown in incidents: an address appears there in no other form. */
  private hashOf(email: string): string {
    return this.cipher.matchHash('email', email).toString('hex').slice(0, 32);
  }
}
