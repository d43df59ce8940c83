/** Whether this server has a resource. What it was built without does not show. */
import { ApiError } from './problem';
import { request } from './plain';

export async function has(...parts: string[]): Promise<boolean> {
  try {
    await request('GET', parts, { query: { limit: '1' } });
    return true;
  } catch (error) {
    // Whatever else went wrong, the page itself says so.
    return !(error instanceof ApiError && error.status === 404);
  }
}
