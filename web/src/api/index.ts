/** Every request that a page makes, by resource. Pages know these functions, not paths. */
import createClient from 'openapi-fetch';
import { http } from './http';
import { apiPath, request } from './plain';
import type { paths } from './schema';
import type {
  BacktestFile,
  MemberRole,
  NewBacktest,
  NewBracket,
  NewKey,
  NewOrder,
  Order,
  OrderBatch,
  OrderChange,
  Page,
  Risk,
  RiskSettings,
  RiskWarning,
  Role,
  Statement,
} from './types';
import { upload, type Watch } from './upload';

const client = createClient<paths>({
  baseUrl: location.origin,
  fetch: (request) => http.send(request),
  credentials: 'same-origin',
  cache: 'no-store',
});

/** What came back. `http` throws whatever is not a success, so there is no error left to look at. */
async function got<T>(answer: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  return (await answer).data as NonNullable<T>;
}
async function items<I>(answer: Promise<{ data?: { items: I[] } }>): Promise<I[]> {
  return (await got(answer)).items;
}

export interface PageOf {
  cursor?: string | null;
  limit?: number;
}
/** Query parameters without those that are not given. */
function query<Q extends object>(given: Q): { [K in keyof Q]?: NonNullable<Q[K]> } {
  const set = Object.entries(given).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  return Object.fromEntries(set) as { [K in keyof Q]?: NonNullable<Q[K]> };
}
const of = (account: string) => ({ path: { account } });

/** What a change is based on; nothing where that is not known. */
const ifMatch = (version?: number): Record<string, string> =>
  version === undefined ? {} : { 'If-Match': `"${version}"` };

/** Where a browser leaves for a provider. */
export const oidcStart = (provider: string) => apiPath(['oidc', provider, 'start']);

export const identity = {
  setup: () => got(client.GET('/api/v1/setup')),
  completeSetup: (body: { token: string; username: string; password: string; display_name: string }) =>
    got(client.POST('/api/v1/setup', { body })),
  session: () => got(client.GET('/api/v1/session')),
  signIn: (body: { username: string; password: string; code?: string }) =>
    got(client.POST('/api/v1/session', { body })),
  signInByLink: (body: { token: string; code?: string }) =>
    got(client.POST('/api/v1/session/link', { body })),
  /** Providers that people may sign in with: `oidcStart` is where a link leads. */
  providers: () => items(client.GET('/api/v1/oidc/providers')),
  /** The code of somebody whom a provider has made sure of. */
  signInByCode: (code: string) => got(client.POST('/api/v1/oidc/session', { body: { code } })),
  identities: () => items(client.GET('/api/v1/me/identities')),
  linkIdentity: (body: { provider: string; password: string; code?: string }) =>
    got(client.POST('/api/v1/me/identities', { body })),
  unlinkIdentity: (identity: string, password: string) =>
    client.DELETE('/api/v1/me/identities/{identity}', { params: { path: { identity } }, body: { password } }),
  signOut: () => client.DELETE('/api/v1/session'),
  sessions: () => items(client.GET('/api/v1/sessions')),
  revokeSession: (session: string) =>
    client.DELETE('/api/v1/sessions/{session}', { params: { path: { session } } }),
  changePassword: (current: string, next: string) =>
    client.POST('/api/v1/me/password', { body: { current, new: next } }),
  keys: () => items(client.GET('/api/v1/keys')),
  createKey: (body: NewKey) => got(client.POST('/api/v1/keys', { body })),
  revokeKey: (key: string) => client.DELETE('/api/v1/keys/{key}', { params: { path: { key } } }),
  users: () => items(client.GET('/api/v1/users', { params: { query: { limit: 500 } } })),
  createUser: (body: { username: string; password: string; display_name: string; role: Role }) =>
    got(client.POST('/api/v1/users', { body })),
  /** Refused when somebody changed the person since `version` was read. */
  changeUser: (user: string, version: number | undefined, body: { role?: Role; disabled?: boolean }) =>
    got(
      client.PATCH('/api/v1/users/{user}', { params: { path: { user } }, body, headers: ifMatch(version) }),
    ),
  streamTicket: () => got(client.POST('/api/v1/stream/tickets')),
};

export const accounts = {
  list: () => items(client.GET('/api/v1/accounts')),
  open: (body: { name: string; venue: string; base_currency: string; deposit: string }) =>
    got(client.POST('/api/v1/accounts', { body })),
  balances: (account: string) =>
    items(client.GET('/api/v1/accounts/{account}/balances', { params: of(account) })),
  members: (account: string) =>
    items(client.GET('/api/v1/accounts/{account}/members', { params: of(account) })),
  /** Refused when somebody changed the membership since `version` was read; without one nobody is asked. */
  setMember: (account: string, user: string, role: MemberRole, version?: number) =>
    got(
      client.PUT('/api/v1/accounts/{account}/members/{user}', {
        params: { path: { account, user } },
        body: { role },
        headers: ifMatch(version),
      }),
    ),
  removeMember: (account: string, user: string, version?: number) =>
    client.DELETE('/api/v1/accounts/{account}/members/{user}', {
      params: { path: { account, user } },
      headers: ifMatch(version),
    }),
  transfer: (account: string, key: string, body: { amount: string; currency: string; reason: string }) =>
    got(
      client.POST('/api/v1/accounts/{account}/transfers', {
        params: { ...of(account), header: { 'Idempotency-Key': key } },
        body,
      }),
    ),
  ledger: (account: string, page: PageOf) =>
    got(client.GET('/api/v1/accounts/{account}/ledger', { params: { ...of(account), query: query(page) } })),
  risk: (account: string) => request<Risk>('GET', ['accounts', account, 'risk']),
  setRisk: (account: string, version: number, body: RiskSettings) =>
    request<Risk>('PUT', ['accounts', account, 'risk'], { body, headers: { 'If-Match': `"${version}"` } }),
  riskWarnings: (account: string) => request<RiskWarning[]>('GET', ['accounts', account, 'risk', 'warnings']),
  engageKillSwitch: (account: string, body: { flatten: boolean; reason: string }) =>
    client.POST('/api/v1/accounts/{account}/kill-switch', { params: of(account), body }),
  liftKillSwitch: (account: string) =>
    client.DELETE('/api/v1/accounts/{account}/kill-switch', { params: of(account) }),
  reconcile: (account: string) =>
    got(client.POST('/api/v1/accounts/{account}/reconciliations', { params: of(account) })),
};

export const orders = {
  history: (account: string, page: PageOf & { instrument?: string }) =>
    request<Page<Order>>('GET', ['accounts', account, 'orders'], {
      query: { state: 'all', cursor: page.cursor, instrument: page.instrument },
    }),
  place: (account: string, body: NewOrder) =>
    request<Order>('POST', ['accounts', account, 'orders'], { body }),
  placeBracket: (account: string, body: NewBracket) =>
    request<OrderBatch>('POST', ['accounts', account, 'orders', 'bracket'], { body }),
  change: (account: string, order: string, body: OrderChange) =>
    request<Order>('PATCH', ['accounts', account, 'orders', order], { body }),
  cancel: (account: string, order: string) =>
    request<Order>('DELETE', ['accounts', account, 'orders', order]),
  cancelAll: (account: string, instrument?: string) =>
    got(
      client.POST('/api/v1/accounts/{account}/orders/cancel-all', {
        params: of(account),
        body: query({ instrument }),
      }),
    ),
  flatten: (account: string, instrument?: string) =>
    got(
      client.POST('/api/v1/accounts/{account}/flatten', { params: of(account), body: query({ instrument }) }),
    ),
  fills: (account: string, page: PageOf) =>
    got(client.GET('/api/v1/accounts/{account}/fills', { params: { ...of(account), query: query(page) } })),
};

/** How a statement's file is to be read. */
export interface StatementReading {
  preset: string;
  market: string;
  currency: string;
}
export const books = {
  previewStatement: (account: string, file: Blob, reading: StatementReading) =>
    request<Statement>('POST', ['accounts', account, 'statements', 'preview'], {
      file,
      query: { ...reading },
    }),
  /** The same file, by the digest of its preview; another one is refused. */
  commitStatement: (account: string, file: Blob, reading: StatementReading, digest: string) =>
    request<Statement>('POST', ['accounts', account, 'statements', 'commit'], {
      file,
      query: { ...reading, digest },
    }),
  /** Where a file of it is downloaded from. */
  exportHref: (account: string, what: string, format: 'csv' | 'json') =>
    apiPath(['accounts', account, 'export'], { what, format }),
};

export const algorithms = {
  enable: (account: string, strategy: string, enabled: boolean) =>
    got(
      client.PATCH('/api/v1/accounts/{account}/strategies/{strategy}', {
        params: { path: { account, strategy } },
        body: { enabled },
      }),
    ),
  weights: (account: string, page: PageOf) =>
    items(
      client.GET('/api/v1/accounts/{account}/weights', { params: { ...of(account), query: query(page) } }),
    ),
  signals: (
    account: string,
    page: PageOf & { strategy?: string | null; outcome?: 'ACCEPTED' | 'DENIED' | 'RECORDED' | null },
  ) =>
    got(client.GET('/api/v1/accounts/{account}/signals', { params: { ...of(account), query: query(page) } })),
};

const job = (backtest: string) => ({ params: { path: { backtest } } });

export const backtests = {
  strategies: () => items(client.GET('/api/v1/strategies/registry')),
  get: (id: string) => got(client.GET('/api/v1/backtests/{backtest}', job(id))),
  ask: (body: NewBacktest) => got(client.POST('/api/v1/backtests', { body })),
  cancel: (id: string) => got(client.POST('/api/v1/backtests/{backtest}/cancel', job(id))),
  resume: (id: string) => got(client.POST('/api/v1/backtests/{backtest}/resume', job(id))),
  remove: (id: string) => client.DELETE('/api/v1/backtests/{backtest}', job(id)),
  table: (backtest: string, limit: number) =>
    got(
      client.GET('/api/v1/backtests/{backtest}/table', { params: { path: { backtest }, query: { limit } } }),
    ),
  result: <T>(id: string) => request<T>('GET', ['backtests', id, 'result']),
  resultHref: (id: string) => apiPath(['backtests', id, 'result']),
  reportHref: (id: string) => apiPath(['backtests', id, 'report']),
  files: () => items(client.GET('/api/v1/backtest-files')),
  upload: (file: File, watch: Watch = {}) => upload<BacktestFile>(['backtest-files', file.name], file, watch),
  takeBars: (body: { instrument: string; interval: string }) =>
    got(client.POST('/api/v1/backtest-files', { body })),
  removeFile: (file: string) =>
    client.DELETE('/api/v1/backtest-files/{file}', { params: { path: { file } } }),
};

export interface BarsOf {
  interval: string;
  overlays: string;
  limit: number;
  before?: string;
}

export const market = {
  instruments: () => items(client.GET('/api/v1/instruments', { params: { query: { limit: 500 } } })),
  bars: (instrument: string, which: BarsOf, signal?: AbortSignal) =>
    got(
      client.GET('/api/v1/instruments/{instrument}/bars', {
        params: { path: { instrument }, query: query(which) },
        ...(signal && { signal }),
      }),
    ),
  aggregates: () => items(client.GET('/api/v1/aggregates')),
  screening: () => items(client.GET('/api/v1/screening')),
};

export const system = {
  venues: () => items(client.GET('/api/v1/venues')),
  connection: (connection: string) =>
    got(client.GET('/api/v1/connections/{connection}', { params: { path: { connection } } })),
  reconnect: (connection: string) =>
    client.POST('/api/v1/connections/{connection}/reconnect', { params: { path: { connection } } }),
  killSwitch: () => got(client.GET('/api/v1/kill-switch')),
  engageKillSwitch: (body: { flatten: boolean; reason: string }) =>
    client.POST('/api/v1/kill-switch', { body }),
  liftKillSwitch: () => client.DELETE('/api/v1/kill-switch'),
};
