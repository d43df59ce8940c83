/** What a user name and a password must look like before the server is asked. The server has the last word. */

const PASSWORD_MIN = 12;
export const PASSWORD_HINT = `At least ${PASSWORD_MIN} characters; several words make a good one`;

export function usernameProblem(username: string): string | null {
  const name = username.trim();
  if (!name) return 'Choose a user name.';
  return /^[A-Za-z0-9._-]{3,32}$/.test(name) ? null : '3 to 32 letters, digits, or . _ -';
}

export function passwordProblem(password: string): string | null {
  return [...password].length < PASSWORD_MIN ? `At least ${PASSWORD_MIN} characters.` : null;
}
