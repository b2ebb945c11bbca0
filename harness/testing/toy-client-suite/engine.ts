import { on, once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Assignment, Engine, PlayEvent } from '../../engines/engine.ts';
import type { EngineKind } from '../../engines/engine-kind.ts';
import { eventStream } from '../../engines/event-stream.ts';
import { QUESTIONS, type ToyFile } from './suite.ts';

const facts = { name: 'native' as const, summary: 'the toy engine for clients' };

const engine: Engine = {
  inspect: async () => facts,
  prepare: async () => ({
    facts,
    recordsLive: true,
    play: (assignment) => eventStream((emit) => play(assignment, emit)),
  }),
};

/**
 * Opens a port to which the tested client connects, and sends one question per connection. Ends when all questions were
 * sent or the client process ended.
 */
async function play({ cases, reach, signal }: Assignment, emit: (event: PlayEvent) => void): Promise<void> {
  if (reach.by !== 'listening') throw new Error('the toy for clients waits for a client');
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  reach.listening(`tcp://127.0.0.1:${address.port}`);
  // `on` queues connections. So a connection that arrives while the engine waits for an answer is not lost.
  const connections = on(server, 'connection');
  const ended = reach.subjectEnded.then(() => undefined);
  const aborted = once(signal, 'abort').then(() => undefined);
  try {
    for (const id of cases) {
      const next = await Promise.race([connections.next(), ended, aborted]);
      signal.throwIfAborted();
      if (next === undefined || next.done) return;
      const [socket] = next.value as [Socket];
      socket.on('error', () => {});
      await ask(id, socket, emit);
    }
  } finally {
    server.close();
  }
}

/** Sends one question, reads one line as the answer, and records the result. */
async function ask(id: string, socket: Socket, emit: (event: PlayEvent) => void): Promise<void> {
  const started = new Date();
  emit({ kind: 'started', id });
  socket.write(`${QUESTIONS[id]?.ask}\n`);
  let answer: string | null = null;
  for await (const line of createInterface({ input: socket })) {
    answer = line;
    break;
  }
  socket.destroy();
  emit({ kind: 'ended', id });
  const file: ToyFile = {
    started: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    grade: answer === QUESTIONS[id]?.answer ? 'kept' : 'broken',
    answered: answer !== null,
    answer,
  };
  const name = `${id}.json`;
  emit({ kind: 'recorded', record: { id, file: name, text: JSON.stringify(file), entry: { reportfile: name } } });
}

/** An engine that plays the cases of the toy suite for clients. */
export const toyClientEngine: EngineKind = {
  name: 'native',
  title: 'the toy engine for clients',
  abilities: new Set(),
  load: async () => engine,
};
