/**
 * A load shape: which messages are sent, over how many connections, and how many of them may be without an answer at a
 * time.
 */
export type Shape = {
  readonly name: string;
  readonly bytes: number;
  readonly kind: 'binary' | 'text';
  readonly connections: number;
  /** Number of messages without an answer per connection. */
  readonly inFlight: number;
  readonly deflate: boolean;
  /**
   * Goal of our server: how many times as fast as the npm package `ws` in the same benchmark. Undefined if the shape
   * has no goal.
   */
  readonly goal?: number;
};

/** Load shapes in the order of the table in docs/server.md. */
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
