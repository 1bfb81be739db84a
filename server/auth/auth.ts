import type { IncomingMessage } from 'node:http';
import { TICKET_PROTOCOL, TIMINGS, type ErrorName } from '@/core/contract';
import type { Clock } from '../observability/clock';
import { Floods } from '../observability/floods';
import type { Metrics } from '../observability/metrics';
import type { Audit } from './audit';
import { cookieName, readCookie } from './cookie';
import { EVERYBODY, type Identity, type Role } from './identity';
import { OPEN_PASS, type Pass } from './pass';
import { Attempts, Pace } from './pace';
import { createPeerReader, limitKey, type Peer, type Requester } from './peer';
import { CsrfTokens, digest, same } from './secret';
import { Sessions } from './sessions';
import { SocketPass } from './socketPass';
import { Tickets } from './tickets';

export interface AuthOptions {
  /** null = nobody is asked for anything; right on loopback only (config/load.ts sees to it). */
  readonly token: string | null;
  readonly viewerToken: string | null;
  readonly trustedProxies: readonly string[];
  /** Sockets one user may have open. */
  readonly connectionsPerUser: number;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly metrics: Pick<Metrics, 'upgradesRefused' | 'requestsRefused'>;
}

/** Time anybody else has to say who they are, ms: a socket without any right is closed within 100 ms. */
const GRACE_MS = 80;
/** Per minute: tickets of a user, changes by a user. */
const PACES = { tickets: 60, changes: 120 } as const;

/** Who may do what: tokens, sessions, tickets, and what proves that a request is meant. One for the whole process, replays included. */
export class Auth {
  readonly audit: Audit;
  readonly sessions: Sessions;
  readonly attempts: Attempts;
  readonly changes: Pace;
  private readonly tickets: Tickets;
  private readonly csrf = new CsrfTokens();
  private readonly ticketPace: Pace;
  private readonly refusals = new Floods();
  private readonly readPeer: (request: Requester) => Peer;
  private readonly known: readonly { readonly digest: Buffer; readonly role: Role }[];
  /** Open sockets by user. */
  private readonly open = new Map<string, number>();

  constructor(private readonly options: AuthOptions) {
    const { clock, token, viewerToken } = options;
    this.audit = options.audit;
    this.sessions = new Sessions(clock);
    this.tickets = new Tickets(clock);
    this.attempts = new Attempts(clock);
    this.ticketPace = new Pace(clock, PACES.tickets);
    this.changes = new Pace(clock, PACES.changes);
    this.readPeer = createPeerReader(options.trustedProxies);
    this.known = [{ role: 'admin' as const, text: token }, { role: 'viewer' as const, text: viewerToken }].flatMap(({ role, text }) => (text === null ? [] : [{ role, digest: digest(text) }]));
  }

  get mode(): 'none' | 'token' {
    return this.options.token === null ? 'none' : 'token';
  }

  peer(request: Requester): Peer {
    return this.readPeer(request);
  }

  /** Role of a token. Compared as digests, all of them always, so that the time of an answer tells nothing. */
  roleOf(token: string): Role | null {
    const given = digest(token);
    let role: Role | null = null;
    for (const known of this.known) if (same(given, known.digest)) role ??= known.role;
    return role;
  }

  /** Who makes a request; null = nobody that is known. A header goes before a cookie: what it says counts, also when it is wrong. */
  identify(request: Requester): Identity | null {
    if (this.mode === 'none') return EVERYBODY;
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) {
      const given = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1] ?? '';
      const role = this.roleOf(given);
      if (role !== null) return { role, via: 'token', session: null, user: `token:${role}` };
      return this.ofSession(given, 'bearer');
    }
    return cookie === undefined ? null : this.ofSession(readCookie(cookie, cookieName(this.peer(request).secure)) ?? '', 'cookie');
  }

  private ofSession(secret: string, via: 'cookie' | 'bearer'): Identity | null {
    const session = this.sessions.find(secret);
    return session && { role: session.role, via, session, user: session.name };
  }

  csrfOf(identity: Identity | null): string | null {
    return identity?.via === 'cookie' && identity.session ? this.csrf.make(identity.session.name) : null;
  }

  /** Did a page of ours mean this request? Browsers send cookies along unasked, headers only when a page says so. */
  isMeant(identity: Identity, request: IncomingMessage): boolean {
    if (identity.via !== 'cookie' || !identity.session) return true;
    const site = request.headers['sec-fetch-site'];
    return (site === undefined || site === 'same-origin' || site === 'none') && this.csrf.isValid(identity.session.name, request.headers['x-csrftoken']);
  }

  /** A ticket for one stream; a number = the ms to wait before another may be asked for. */
  ticket(identity: Identity, request: IncomingMessage, stream: string): string | number {
    return this.ticketPace.take(identity.user) || this.tickets.issue(identity, this.peer(request).address, stream);
  }

  /** What an upgrade brings, as the right to read one stream. */
  readonly passOf = (request: IncomingMessage, stream: string, dialect: string): Pass => {
    if (this.mode === 'none') return OPEN_PASS;
    const { address } = this.peer(request);
    const redeem = (ticket: string): Identity | null => this.tickets.redeem(ticket, address, stream);
    // Plain clients say nothing that could carry a ticket; theirs may stand in the address, which is why it is good once.
    const inAddress = new URLSearchParams((request.url ?? '').split('?')[1] ?? '').get('ticket');
    const given = this.identify(request);
    const pass = new SocketPass({
      sessions: this.sessions, clock: this.options.clock, redeem, graceMs: dialect === 'plain' ? 0 : bringsTicket(request) ? TIMINGS.helloMs : GRACE_MS,
      enter: (user) => this.enter(user), leave: (user) => this.leave(user), refused: () => {
        this.options.metrics.upgradesRefused.inc({ reason: 'unauthorized' });
        this.tell(request, `stream ${stream}`, 'unauthorized');
      },
    });
    if (given) pass.admit(given, false);
    else if (inAddress !== null) pass.redeem(inAddress);
    return pass;
  };

  /** An upgrade that did not come as far as a pass: another page, another name, too many. The door has counted it. */
  readonly upgradeRefused = (request: IncomingMessage, reason: string): void => {
    const { origin, host } = request.headers;
    this.tell(request, 'stream', reason === 'bad_origin' ? `bad_origin ${origin ?? '(none, with a cookie)'}` : reason === 'bad_host' ? `bad_host ${host ?? '(none)'}` : reason, reason);
  };

  private enter(user: string): boolean {
    const count = this.open.get(user) ?? 0;
    if (count >= this.options.connectionsPerUser) return false;
    this.open.set(user, count + 1);
    return true;
  }

  private leave(user: string): void {
    const left = (this.open.get(user) ?? 1) - 1;
    if (left > 0) this.open.set(user, left);
    else this.open.delete(user);
  }

  /** Writes down what somebody did. */
  note(request: IncomingMessage, action: string, outcome: string, target = '', identity = this.identify(request)): void {
    this.audit.note({ ...this.who(request, identity), action, target, outcome });
  }

  /** Counts a refused request and writes it down. `route`: what it asked for as it is known by here; `outcome`: in other words than its code. */
  refused(request: Requester, action: string, code: ErrorName, { route = action, outcome = code }: { readonly route?: string; readonly outcome?: string } = {}): void {
    this.options.metrics.requestsRefused.inc({ code });
    this.tell(request, action, outcome, `${route} ${outcome}`);
  }

  /** Writes down what was still to be said of refusals. */
  stop(): void {
    this.refusals.stop();
  }

  /** The first of a kind from an address, then how many followed. What the kind is must not be for the peer to choose. */
  private tell(request: Requester, action: string, outcome: string, kind = `${action} ${outcome}`): void {
    const facts = { ...this.who(request, this.identify(request)), action, target: '', outcome };
    this.refusals.note(`${limitKey(facts.address)} ${kind}`, (times) => this.audit.note(facts, times));
  }

  private who(request: Requester, identity: Identity | null): { readonly who: string; readonly user: string; readonly address: string } {
    return { who: identity?.role ?? 'nobody', user: identity?.user ?? '', address: this.peer(request).address };
  }
}

/** Said by the client, or to be expected: a page of another origin has no cookie here. */
function bringsTicket({ headers }: IncomingMessage): boolean {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const { host, origin } = headers;
  return offered.includes(TICKET_PROTOCOL) || (origin !== undefined && origin !== `http://${host ?? ''}` && origin !== `https://${host ?? ''}`);
}
