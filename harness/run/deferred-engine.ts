import type { Engine } from '../engines/engine.ts';

/** An engine that is loaded when it is first asked for something, once, so that nobody pays for the one not taken. */
export function deferredEngine(load: () => Promise<Engine>): Engine {
  let loading: Promise<Engine> | undefined;
  const loaded = (): Promise<Engine> => {
    loading ??= load();
    return loading;
  };
  return {
    prepare: async (options) => await (await loaded()).prepare(options),
    play: async (assignment) => await (await loaded()).play(assignment),
  };
}
