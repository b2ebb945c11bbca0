/** One way of loading a server: what is sent, over how many connections, and how many unanswered at a time. */
export type Shape = {
  readonly name: string;
  readonly bytes: number;
  readonly kind: 'binary' | 'text';
  readonly connections: number;
  /** Messages per connection that are sent and not yet answered. */
  readonly inFlight: number;
  readonly deflate: boolean;
  /** What the project promises, as a multiple of `ws` in the same run; undefined: shown, not promised. */
  readonly goal?: number;
};

/** The shapes of docs/server.md, in its order. */
export const SHAPES: readonly Shape[] = [
  { name: '16 B x32', bytes: 16, kind: 'binary', connections: 16, inFlight: 32, deflate: false, goal: 23 },
  { name: '125 B x32', bytes: 125, kind: 'binary', connections: 16, inFlight: 32, deflate: false, goal: 19 },
  { name: '4 KiB x32', bytes: 4096, kind: 'binary', connections: 16, inFlight: 32, deflate: false, goal: 3 },
  { name: '64 KiB x4', bytes: 65_536, kind: 'binary', connections: 16, inFlight: 4, deflate: false, goal: 1.5 },
  { name: '125 B x1', bytes: 125, kind: 'binary', connections: 16, inFlight: 1, deflate: false, goal: 1.5 },
  { name: '125 B x32 text', bytes: 125, kind: 'text', connections: 16, inFlight: 32, deflate: false },
  { name: '4 KiB x32 text', bytes: 4096, kind: 'text', connections: 16, inFlight: 32, deflate: false },
  { name: '1 KiB x8 deflate', bytes: 1024, kind: 'text', connections: 16, inFlight: 8, deflate: true, goal: 2 },
  { name: '64 KiB x2 deflate', bytes: 65_536, kind: 'text', connections: 16, inFlight: 2, deflate: true, goal: 2 },
  { name: '16 MiB x1', bytes: 16 * 1024 * 1024, kind: 'binary', connections: 4, inFlight: 1, deflate: false },
];
