/** A fresh key from the system's random generator. `crypto.randomUUID` is missing where the page came over plain HTTP. */
export function randomKey(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `${prefix}${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
