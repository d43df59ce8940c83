import type { Role } from '$/api/types';

/** Every role of a user, the mightiest first. */
export const ROLES: readonly Role[] = [
  'SUPER_ADMIN',
  'ADMIN',
  'COMPLIANCE',
  'ANALYST',
  'TRADER',
  'VIEWER',
  'SERVICE',
];
