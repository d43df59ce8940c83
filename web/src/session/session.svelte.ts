/** Who is signed in, and to which accounts. One per tab. */
import { identity } from '$/api';
import { http } from '$/api/http';
import { ApiError, describeError } from '$/api/problem';
import type { AccountRef, Session } from '$/api/types';
import { router } from '$/app/router.svelte';
import { live } from '$/live/live.svelte';

export type Phase =
  | { kind: 'starting' }
  | { kind: 'setup'; token: string | null; demo: boolean }
  | { kind: 'signed-out'; notice: string | null }
  | { kind: 'signed-in'; session: Session }
  | { kind: 'unreachable'; reason: string };

interface Tokens {
  setup: string | null;
  signin: string | null;
}

/** Whether the address carries a one-time token. */
export function hasToken(): boolean {
  return /[#&](setup|signin)=/.test(location.hash);
}

/** Reads one-time tokens from the fragment and removes them from the address bar and the history at once. */
function takeTokens(): Tokens {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const tokens = { setup: fragment.get('setup'), signin: fragment.get('signin') };
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  return tokens;
}

class SessionState {
  phase: Phase = $state.raw({ kind: 'starting' });

  get current(): Session | null {
    return this.phase.kind === 'signed-in' ? this.phase.session : null;
  }
  get accounts(): AccountRef[] {
    return this.current?.accounts ?? [];
  }
  /** The account that pages are about: from the address, or the first. */
  get account(): AccountRef | null {
    const wanted = router.get('account');
    return this.accounts.find((ref) => ref.account === wanted) ?? this.accounts[0] ?? null;
  }
  get isAdmin(): boolean {
    const role = this.current?.user.role;
    return role === 'ADMIN' || role === 'SUPER_ADMIN';
  }
  /** Whether orders may be placed on the current account. */
  get mayTrade(): boolean {
    const role = this.account?.role;
    return role === 'OWNER' || role === 'TRADER';
  }

  constructor() {
    const over = () => this.#end('Your session has ended. Sign in again.');
    http.onUnauthenticated = over;
    live.hub.onunauthenticated = over;
  }

  async start(): Promise<void> {
    const tokens = takeTokens();
    live.hub.stop();
    this.phase = { kind: 'starting' };
    try {
      if (tokens.signin) return this.begin(await identity.signInByLink(tokens.signin));
      const setup = await identity.setup();
      if (setup.required) this.phase = { kind: 'setup', token: tokens.setup, demo: setup.demo };
      else this.begin(await identity.session());
    } catch (error) {
      this.#startFailed(error, tokens);
    }
  }

  #startFailed(error: unknown, tokens: Tokens): void {
    if (error instanceof ApiError && error.status > 0 && error.status < 500) {
      const notice = tokens.signin ? `The sign-in link did not work: ${error.message}` : null;
      this.phase = { kind: 'signed-out', notice };
    } else {
      this.phase = { kind: 'unreachable', reason: describeError(error) };
    }
  }

  begin(session: Session): void {
    http.csrfToken = session.csrf_token;
    this.phase = { kind: 'signed-in', session };
    live.hub.start();
  }

  /** Reads the session again, e.g. after an account was opened. */
  async refresh(): Promise<void> {
    this.begin(await identity.session());
  }

  async signOut(): Promise<void> {
    // Even if the server does not answer, this tab forgets.
    await identity.signOut().catch(() => undefined);
    this.#end(null);
  }

  #end(notice: string | null): void {
    if (this.phase.kind !== 'signed-in') return;
    live.hub.stop();
    http.csrfToken = null;
    this.phase = { kind: 'signed-out', notice };
  }
}

export const session = new SessionState();
