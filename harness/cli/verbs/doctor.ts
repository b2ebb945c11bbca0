import type { Command } from 'commander';
import pc from 'picocolors';
import { type Style, terminalSafe, wrapForStream } from '../../../reports/wording/terminal-text.ts';
import { type DoctorOptions, doctor, type Finding } from '../../doctor/doctor.ts';
import { today } from '../../expectations/read-expectations.ts';
import { ENGINE_CHOICES } from '../../run/choose-engine.ts';
import { suiteNamed } from '../../run/registry.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { image, oneOf } from '../options/arguments.ts';
import { resolveSettings } from '../options/settings.ts';
import { type Shell, styleOf } from '../options/shell.ts';
import { listenForSignals } from '../options/signals.ts';

type DoctorFlags = Pick<DoctorOptions, 'out' | 'engine' | 'config' | 'image'> & { json?: boolean };

/** Adds the verb `doctor`, which checks whether a run works on this machine. The exit code is 3 if a check fails. */
export function addDoctor(program: Command, shell: Shell): void {
  program
    .command('doctor')
    .description(
      'check what a run needs: engine, image, network, ports, disk, memory; then test a server with a known fault',
    )
    .option(
      '--engine <name>',
      `engine to check: ${ENGINE_CHOICES.join(', ')}; docker exits with 3 if no Docker daemon answers`,
      oneOf(ENGINE_CHOICES),
      'auto',
    )
    .option('--image <image>', 'container image of the Autobahn|Testsuite', image)
    .option('--out <folder>', 'folder in which a run would write its report', 'conformance-report')
    .option('--config <file>', 'configuration file (default: the nearest conformance.config.{json,js,mjs})')
    .option('--json', 'print JSON')
    .action(async (_: unknown, verb: Command) => {
      // An error in the configuration must not stop the other checks. `doctor` lists the error as one of its findings.
      await resolveSettings(shell, verb).catch((error: unknown) => {
        if (!(error instanceof HarnessError)) throw error;
      });
      const { json, ...flags } = verb.opts<DoctorFlags>();
      const style = styleOf(shell, shell.stdout, undefined);
      const findings: Finding[] = [];
      const options = { ...flags, folder: process.cwd(), today: today(), env: shell.env };
      for await (const finding of doctor(suiteNamed(shell.registry, undefined), options, listenForSignals())) {
        findings.push(finding);
        if (!json) shell.stdout.write(`${findingLines(finding, style)}\n`);
      }
      if (json) shell.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
      else shell.stdout.write(`\n${summaryOf(findings)}\n`);
      shell.exitCode = findings.some(({ state }) => state === 'error') ? 3 : 0;
    });
}

/** One finding (the result of a check) as lines for the terminal: mark, name, text, and the advice if there is one. */
function findingLines({ about, state, says, todo }: Finding, style: Style): string {
  const colour = pc.createColors(style.colour);
  const mark = {
    ok: colour.green(style.unicode ? '✓' : 'ok'),
    warning: colour.yellow(style.unicode ? '!' : '! '),
    error: colour.red(style.unicode ? '✗' : 'X '),
  }[state];
  const indent = ' '.repeat(style.unicode ? 19 : 20);
  return [
    ...wrapForStream(terminalSafe(says), `${mark} ${colour.bold(about.padEnd(16))} `, indent, style),
    ...(todo === undefined ? [] : wrapForStream(terminalSafe(todo), indent, indent, style)),
  ].join('\n');
}

/** The last line of `doctor`. */
function summaryOf(findings: readonly Finding[]): string {
  if (findings.some(({ state }) => state === 'error'))
    return 'A run would fail on this machine, or its verdict could be wrong.';
  return findings.some(({ state }) => state === 'warning')
    ? 'A run works on this machine, with the limits above.'
    : 'Everything is ok: a run works on this machine.';
}
