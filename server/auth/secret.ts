import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a secret: what is kept and compared instead of it. */
export const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Compares in constant time; both sides are digests, so their length tells nothing. */
export const same = (a: Buffer, b: Buffer): boolean => timingSafeEqual(a, b);

/** An opaque secret of 256 bits, as text for a cookie or a header. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** Cross-site tokens of one server: `NONCE.HMAC`, bound to a session by HMAC-SHA-256 under a key that lives as long as the process. */
export class CsrfTokens {
  private readonly key = randomBytes(32);

  make(session: string, nonce = randomBytes(12).toString('base64url')): string {
    return `${nonce}.${createHmac('sha256', this.key).update(`${session} ${nonce}`).digest('base64url')}`;
  }

  isValid(session: string, given: unknown): boolean {
    if (typeof given !== 'string' || given.length > 128) return false;
    return same(digest(given), digest(this.make(session, given.split('.', 1)[0])));
  }
}
