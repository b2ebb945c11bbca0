import { z } from 'zod';
import { FORMATS, type ReportFormats, reporterNames } from '../../reports/renderers.ts';
import { closestTo } from '../support/did-you-mean.ts';

/**
 * An output of a run that the user chose. `path` is a file, or a folder if the reporter writes pages; `-` is stdout.
 * Without a path the output goes to its default place.
 */
export interface Reporter {
  name: string;
  path?: string;
}

/** Parses `NAME` or `NAME=PATH`, for example `junit=out/junit.xml`. @returns an error message if the text is wrong. */
export function parseReporter(text: string, formats: ReportFormats = FORMATS): Reporter | string {
  const [, name = '', path] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  const names = reporterNames(formats);
  if (!names.includes(name))
    return `There is no reporter "${name}"; did you mean "${closestTo(name, names)}"? There are ${names.join(', ')}.`;
  if (path === undefined) return { name };
  if (path === '') return `Write a path after "${name}=".`;
  if (path === '-' && formats[name]?.output === 'pages')
    return `Use a folder for ${name}, because ${name} writes many files.`;
  return { name, path };
}

/** The schema of one reporter in a configuration file. */
export function reporterSchema(formats: ReportFormats = FORMATS): z.ZodString {
  return z.string().regex(new RegExp(`^(${reporterNames(formats).join('|')})(=.+)?$`), {
    error: ({ input }) => String(parseReporter(String(input), formats)),
  });
}

/** The help text of `--reporter`. */
export function reporterHelp(formats: ReportFormats = FORMATS): string {
  return `output to write: ${reporterNames(formats).join(', ')}, each also as NAME=PATH; repeatable`;
}
