import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Assignment, Engine, PlayEvent } from '../../engines/engine.ts';
import type { EngineKind } from '../../engines/engine-kind.ts';
import { eventStream } from '../../engines/event-stream.ts';
import { EXCHANGES, grade, type ToyFile } from './suite.ts';

const facts = { name: 'native' as const, summary: 'the toy engine for servers' };

const engine: Engine = {
  inspect: async () => facts,
  prepare: async () => ({
    facts,
    recordsLive: true,
    play: (assignment) =>
      eventStream(async (emit) => {
        for (const id of assignment.cases) {
          await playCase(id, assignment, emit);
          // This pause gives the reader of the events time to end the run after a result, for example because of
          // --bail.
          await immediate();
        }
      }),
  }),
};

/** Sends one line to the server, reads one line as the answer, and records the result. */
async function playCase(id: string, { reach, signal }: Assignment, emit: (event: PlayEvent) => void): Promise<void> {
  if (reach.by !== 'connecting') throw new Error('the toy for servers connects to a server');
  signal.throwIfAborted();
  const { hostname, port } = new URL(reach.url);
  const started = new Date();
  emit({ kind: 'started', id });
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`${EXCHANGES[id]?.send}\n`);
  let answer: string | null = null;
  for await (const line of createInterface({ input: socket })) {
    answer = line;
    break;
  }
  socket.destroy();
  emit({ kind: 'ended', id });
  const file: ToyFile = {
    id,
    started: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    manners: grade(id, answer),
    answer,
  };
  const name = `${id}.json`;
  emit({ kind: 'recorded', record: { id, file: name, text: JSON.stringify(file), entry: { reportfile: name } } });
}

/** An engine that plays the cases of the toy suite for servers. */
export const toyServerEngine: EngineKind = {
  name: 'native',
  title: 'the toy engine for servers',
  abilities: new Set(),
  load: async () => engine,
};
