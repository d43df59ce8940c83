/** Secrets and codes as people read, copy and keep them. */

/** In groups of four, as apps show a secret that is typed. */
export function grouped(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? '';
}

/** The file that is kept: what it is, whose, and one code a line. */
export function backupFile(codes: readonly string[], username: string, host: string, at: string): string {
  const head = `Tradewind backup codes of ${username} at ${host}, made ${at}. Each works once.`;
  return `${[head, '', ...codes].join('\n')}\n`;
}
