/**
 * Makes an async iterable of the events that a function emits. The events keep their order. If the function fails, the
 * iterable yields all events first and then throws the error.
 * @param work function that emits events; called when the iterable is first read.
 */
export async function* eventStream<Event>(
  work: (emit: (event: Event) => void) => Promise<void>,
): AsyncGenerator<Event, void, void> {
  let queue: Event[] = [];
  let isOver = false;
  let wake = (): void => undefined;
  const done = work((event) => {
    queue.push(event);
    wake();
  }).finally(() => {
    isOver = true;
    wake();
  });
  // The error is thrown below, after all events. This handler only keeps Node from reporting an unhandled rejection
  // earlier.
  done.catch(() => undefined);
  for (;;) {
    const events = queue;
    queue = [];
    yield* events;
    if (queue.length > 0) continue;
    if (isOver) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  await done;
}
