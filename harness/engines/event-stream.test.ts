import { setImmediate as immediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventStream } from './event-stream.ts';

async function read<Event>(stream: AsyncIterable<Event>): Promise<{ events: Event[]; error: unknown }> {
  const events: Event[] = [];
  try {
    for await (const event of stream) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

test('yields the events in their order, whether they come at once or one by one', async () => {
  const stream = eventStream<number>(async (emit) => {
    emit(1);
    emit(2);
    await immediate();
    emit(3);
    await immediate();
    await immediate();
    emit(4);
  });
  expect(await read(stream)).toEqual({ events: [1, 2, 3, 4], error: undefined });
});

test('yields an event that comes while an earlier one is being handled', async () => {
  let emitLater = (_: string): void => undefined;
  const stream = eventStream<string>(async (emit) => {
    emitLater = emit;
    emit('first');
    await immediate();
    await immediate();
  });
  const events: string[] = [];
  for await (const event of stream) {
    events.push(event);
    if (event === 'first') emitLater('second');
  }
  expect(events).toEqual(['first', 'second']);
});

test('throws the error of the work after all events', async () => {
  const failure = new Error('the container was killed');
  const stream = eventStream<number>(async (emit) => {
    emit(1);
    emit(2);
    throw failure;
  });
  expect(await read(stream)).toEqual({ events: [1, 2], error: failure });
});

test('starts the work only when it is read', async () => {
  let isStarted = false;
  const stream = eventStream<number>(async () => {
    isStarted = true;
  });
  await immediate();
  expect(isStarted).toBe(false);
  expect(await read(stream)).toEqual({ events: [], error: undefined });
  expect(isStarted).toBe(true);
});
