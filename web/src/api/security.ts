/** Second factor, password reset: what guards signing in. Loaded with the pages that need it. */
import { request } from './plain';
import type { BackupCodes, FactorSeed, PasswordResetLink, SecondFactor } from './types';

export interface Proof {
  password: string;
  /** Six digits of the app, or a backup code. */
  code: string;
}

const MFA = ['me', 'mfa'];

export const security = {
  factor: () => request<SecondFactor>('GET', MFA),
  enrol: (password: string) => request<FactorSeed>('POST', [...MFA, 'totp'], { body: { password } }),
  confirm: (code: string) => request<BackupCodes>('POST', [...MFA, 'totp', 'confirm'], { body: { code } }),
  newBackupCodes: (body: Proof) => request<BackupCodes>('POST', [...MFA, 'backup-codes'], { body }),
  turnOff: (body: Proof) => request<undefined>('DELETE', MFA, { body }),
  /** Takes another person's second factor away, so that they can enrol again. */
  takeAway: (user: string) => request<undefined>('DELETE', ['users', user, 'mfa']),
  resetLink: (user: string) => request<PasswordResetLink>('POST', ['users', user, 'password-reset']),
  forgot: (username: string) => request<undefined>('POST', ['password-reset'], { body: { username } }),
  reset: (token: string, new_password: string) =>
    request<undefined>('PUT', ['password-reset'], { body: { token, new_password } }),
};
