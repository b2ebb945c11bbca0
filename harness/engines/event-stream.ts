/**
 * Turns work that reports through a callback into an async iterable. The events keep their order and none is lost, also
 * if the work fails: the iterable yields every event first and then throws the error of the work.
 * @param work starts when the iterable is first read.
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
  // The error is thrown below, after the events; until then it must not count as an unhandled rejection.
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
