/** The hub client's surroundings in a browser: a WebSocket on our own origin, timers, time, jitter. */
import type { HubEnvironment, SocketLike } from '$/hub/client';

function openSocket(): SocketLike {
  const url = new URL('/api/v1/stream', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url);
  const face: SocketLike = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: (code) => socket.close(code),
  };
  socket.onopen = () => face.onopen?.();
  socket.onmessage = (event) => face.onmessage?.(String(event.data));
  socket.onclose = (event) => face.onclose?.(event.code, event.reason);
  return face;
}

/** From the system's generator: spreads reconnects, never shown. */
function jitter(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}

export function browserEnvironment(ticket: () => Promise<string>): HubEnvironment {
  return {
    open: openSocket,
    ticket,
    setTimer: (run, delay) => setTimeout(run, delay),
    clearTimer: (handle) => clearTimeout(handle as number),
    now: () => Date.now(),
    jitter,
  };
}
