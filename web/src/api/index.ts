/** Every request that a page makes, by resource. Pages know these functions, not paths. */
import { http, type Query } from './http';
import type * as T from './types';

const get = <R>(path: string, query?: Query, signal?: AbortSignal) =>
  http.json<R>('GET', path, { ...(query && { query }), ...(signal && { signal }) });
const send = <R>(method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  http.json<R>(method, path, { ...(body !== undefined && { body }), ...(headers && { headers }) });
const items = async <R>(path: string, query?: Query) => (await get<T.Page<R>>(path, query)).items;
const part = encodeURIComponent;
const of = (account: string) => `/accounts/${part(account)}`;

export const identity = {
  setup: () => get<T.Setup>('/setup'),
  completeSetup: (body: { token: string; username: string; password: string; display_name: string }) =>
    send<T.Session>('POST', '/setup', body),
  session: () => get<T.Session>('/session'),
  signIn: (username: string, password: string) => send<T.Session>('POST', '/session', { username, password }),
  signInByLink: (token: string) => send<T.Session>('POST', '/session/link', { token }),
  signOut: () => send<undefined>('DELETE', '/session'),
  sessions: () => items<T.SessionRow>('/sessions'),
  revokeSession: (id: string) => send<undefined>('DELETE', `/sessions/${part(id)}`),
  changePassword: (current: string, next: string) =>
    send<undefined>('POST', '/me/password', { current, new: next }),
  keys: () => items<T.ApiKey>('/keys'),
  createKey: (body: { name: string; scopes: T.Scope[]; accounts?: string[]; expires_at?: string }) =>
    send<T.CreatedApiKey>('POST', '/keys', body),
  revokeKey: (id: string) => send<undefined>('DELETE', `/keys/${part(id)}`),
  users: () => items<T.User>('/users'),
  createUser: (body: { username: string; password: string; display_name: string; role: T.Role }) =>
    send<T.User>('POST', '/users', body),
  changeUser: (id: string, body: { role?: T.Role; disabled?: boolean }) =>
    send<T.User>('PATCH', `/users/${part(id)}`, body),
  streamTicket: () => send<{ ticket: string; expires_at: string }>('POST', '/stream/tickets'),
};

export const accounts = {
  list: () => items<T.Account>('/accounts'),
  open: (body: { name: string; venue: string; base_currency: string; deposit: string }) =>
    send<T.Account>('POST', '/accounts', body),
  balances: (account: string) => items<T.Balance>(`${of(account)}/balances`),
  members: (account: string) => items<T.Member>(`${of(account)}/members`),
  setMember: (account: string, user: string, role: T.MemberRole) =>
    send<T.Member>('PUT', `${of(account)}/members/${part(user)}`, { role }),
  removeMember: (account: string, user: string) =>
    send<undefined>('DELETE', `${of(account)}/members/${part(user)}`),
  transfer: (account: string, key: string, body: { amount: string; currency: string; reason: string }) =>
    send<T.LedgerEntry>('POST', `${of(account)}/transfers`, body, { 'idempotency-key': key }),
  ledger: (account: string, query: Query) => get<T.Page<T.LedgerEntry>>(`${of(account)}/ledger`, query),
  risk: (account: string) => get<T.Risk>(`${of(account)}/risk`),
  setRisk: (account: string, version: number, settings: Record<string, unknown>) =>
    send<T.Risk>('PUT', `${of(account)}/risk`, settings, { 'if-match': `"${version}"` }),
  engageKillSwitch: (account: string, body: { flatten: boolean; reason: string }) =>
    send<unknown>('POST', `${of(account)}/kill-switch`, body),
  liftKillSwitch: (account: string) => send<unknown>('DELETE', `${of(account)}/kill-switch`),
  reconcile: (account: string) => send<T.Reconciliation>('POST', `${of(account)}/reconciliations`),
};

export const orders = {
  history: (account: string, query: Query) => get<T.Page<T.Order>>(`${of(account)}/orders`, query),
  place: (account: string, order: T.NewOrder) => send<T.Order>('POST', `${of(account)}/orders`, order),
  cancel: (account: string, id: string) => send<T.Order>('DELETE', `${of(account)}/orders/${part(id)}`),
  cancelAll: (account: string, instrument?: string) =>
    send<{ canceled: string[] }>(
      'POST',
      `${of(account)}/orders/cancel-all`,
      instrument ? { instrument } : {},
    ),
  flatten: (account: string, instrument?: string) =>
    send<{ orders: T.Order[] }>('POST', `${of(account)}/flatten`, instrument ? { instrument } : {}),
  fills: (account: string, query: Query) => get<T.Page<T.Fill>>(`${of(account)}/fills`, query),
};

export const algorithms = {
  strategies: (account: string) => items<T.Strategy>(`${of(account)}/strategies`),
  enable: (account: string, strategy: string, enabled: boolean) =>
    send<T.Strategy>('PATCH', `${of(account)}/strategies/${part(strategy)}`, { enabled }),
  weights: (account: string, query: Query) => items<T.Weights>(`${of(account)}/weights`, query),
  signals: (account: string, query: Query) => get<T.Page<T.Signal>>(`${of(account)}/signals`, query),
};

export const market = {
  instruments: () => items<T.Instrument>('/instruments', { limit: 500 }),
  bars: (instrument: string, query: Query, signal?: AbortSignal) =>
    get<T.Bars>(`/instruments/${part(instrument)}/bars`, query, signal),
  aggregates: () => items<T.Aggregate>('/aggregates'),
  screening: () => items<T.Screening>('/screening'),
};

export const system = {
  status: () => get<T.Status>('/status'),
  venues: () => items<T.Venue>('/venues'),
  connections: () => items<T.Connection>('/connections'),
  connection: (id: string) => get<T.ConnectionDetail>(`/connections/${part(id)}`),
  reconnect: (id: string) => send<unknown>('POST', `/connections/${part(id)}/reconnect`),
  killSwitch: () => get<T.KillSwitchStatus>('/kill-switch'),
  engageKillSwitch: (body: { flatten: boolean; reason: string }) =>
    send<unknown>('POST', '/kill-switch', body),
  liftKillSwitch: () => send<unknown>('DELETE', '/kill-switch'),
};
