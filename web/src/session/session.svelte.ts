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
  /** `link`: a sign-in link that asks for the second factor, too; `provider`: a provider was sure, and now the code. */
  | { kind: 'signed-out'; notice: string | null; link?: string; provider?: boolean }
  | { kind: 'reset'; token: string }
  /** Signed in, but nothing is answered before there is a second factor. */
  | { kind: 'enrol'; session: Session }
  | { kind: 'signed-in'; session: Session }
  | { kind: 'unreachable'; reason: string };

interface Tokens {
  setup: string | null;
  signin: string | null;
  reset: string | null;
  /** `code` after a provider was sure of somebody who has a second factor here. */
  oidc: string | null;
  /** Why a provider's answer was not taken. */
  oidcError: string | null;
}

/** Whether the address carries a one-time token. */
export function hasToken(): boolean {
  return /[#&](setup|signin|reset)=/.test(location.hash);
}

/** Reads one-time tokens from the fragment and removes them from the address bar and the history at once. */
function takeTokens(): Tokens {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const [setup = null, signin = null, reset = null, oidc = null, oidcError = null] = [
    'setup',
    'signin',
    'reset',
    'oidc',
    'oidc-error',
  ].map((name) => fragment.get(name));
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  return { setup, signin, reset, oidc, oidcError };
}

/** Whether name and password were right, and the second factor's code is asked for. */
export function needsCode(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'SECOND_FACTOR_REQUIRED';
}

const PROVIDER_NOTICES: Record<string, string> = {
  OIDC_STATE_REFUSED: 'Signing in took too long, or began in another browser. Try again.',
  OIDC_NOT_LINKED:
    'Nobody here is linked to that identity. Sign in with your password and link it in the settings.',
  OIDC_UNAVAILABLE: 'The provider does not answer. Try again, or sign in with your password.',
  IDENTITY_TAKEN: 'That identity is linked to somebody else.',
};
/** What to say of a provider's answer that was not taken. */
export function providerNotice(code: string | null): string | null {
  if (!code) return null;
  return (
    PROVIDER_NOTICES[code] ?? 'The provider’s answer was refused. Sign in otherwise, or ask an administrator.'
  );
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
  /** Whether the audit log and data protection are this person's work. */
  get isKeeper(): boolean {
    return this.isAdmin || this.current?.user.role === 'COMPLIANCE';
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
    if (tokens.reset) return void (this.phase = { kind: 'reset', token: tokens.reset });
    if (tokens.oidc === 'code')
      return void (this.phase = { kind: 'signed-out', notice: null, provider: true });
    this.phase = { kind: 'starting' };
    try {
      if (tokens.signin) return this.begin(await identity.signInByLink({ token: tokens.signin }));
      const setup = await identity.setup();
      if (setup.required) this.phase = { kind: 'setup', token: tokens.setup, demo: setup.demo };
      else this.begin(await identity.session());
    } catch (error) {
      this.#startFailed(error, tokens);
    }
  }

  #startFailed(error: unknown, tokens: Tokens): void {
    if (tokens.signin && needsCode(error)) {
      this.phase = { kind: 'signed-out', notice: null, link: tokens.signin };
    } else if (error instanceof ApiError && error.status > 0 && error.status < 500) {
      const notice = tokens.signin
        ? `The sign-in link did not work: ${error.message}`
        : providerNotice(tokens.oidcError);
      this.phase = { kind: 'signed-out', notice };
    } else {
      this.phase = { kind: 'unreachable', reason: describeError(error) };
    }
  }

  begin(session: Session): void {
    http.csrfToken = session.csrf_token;
    if (session.must_enrol) return void (this.phase = { kind: 'enrol', session });
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

  /** Back to signing in, with a word on why. */
  signInAgain(notice: string | null): void {
    this.phase = { kind: 'signed-out', notice };
  }

  #end(notice: string | null): void {
    if (this.phase.kind !== 'signed-in' && this.phase.kind !== 'enrol') return;
    live.hub.stop();
    http.csrfToken = null;
    this.phase = { kind: 'signed-out', notice };
  }
}

export const session = new SessionState();
