import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { REGISTRY } from '../harness/run/registry.ts';

/*
 * Bundles the code of the package and the libraries that it uses into a few files. Without a bundle, loading about 300
 * modules took a third of the CPU time of a run of one case. Each entry keeps its path, because `exports` and `bin` of
 * package.json name it. Code that several entries share is in `chunks/`. Bundled libraries are devDependencies; zod is
 * a dependency too, because the type declarations refer to it.
 */

const ROOT = resolve(import.meta.dirname, '..');

const ENTRIES = [
  'harness/cli/main.ts',
  'harness/index.ts',
  'reports/index.ts',
  'server/index.ts',
  // The tool starts these programs as processes: the in-repo server, and the faulty server of each suite's self-test.
  'server/main.ts',
  ...REGISTRY.flatMap(({ suite }) => (suite.selfTest === undefined ? [] : [`${suite.selfTest.server}.ts`])),
];

/** Libraries that stay in node_modules. Dockerode reads files of its own at run time and has optional native parts. */
const EXTERNAL = ['dockerode'];

/**
 * Bundles every entry into a folder.
 * @param moreEntries further files to bundle, for example servers that only tests start.
 * @returns esbuild's record of which source file went into which output file.
 */
export async function bundle(outdir: string, moreEntries: readonly string[] = []): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [...ENTRIES, ...moreEntries],
    outdir,
    outbase: ROOT,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external: EXTERNAL,
    // Prefers the ES module of a library that has both forms: the CommonJS form of jsonc-parser cannot be bundled.
    mainFields: ['module', 'main'],
    // Bundled CommonJS libraries call require() for Node's own modules, and an ES module has no require().
    banner: {
      js: "import { createRequire as $require } from 'node:module'; const require = $require(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** The licence texts of all bundled libraries: a copy of their code must contain them. @throws if a library has none. */
function bundledLicences({ inputs }: Metafile): string {
  const folders = new Set(
    Object.keys(inputs).flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(ROOT, folder)).find((entry) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(entry));
      if (file === undefined && license === undefined) throw new Error(`${name} is bundled and has no licence`);
      const text = file === undefined ? `Licence: ${license}` : readFileSync(join(ROOT, folder, file), 'utf8').trim();
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Deletes each declaration file that no public entry leads to: users cannot import internal modules. */
function pruneDeclarations(dist: string, publicEntries: readonly string[]): void {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file) || !existsSync(file)) return;
    reached.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g))
      visit(resolve(dirname(file), path.replace(/(?:\.d)?\.[jt]s$/, '.d.ts')));
  };
  for (const entry of publicEntries) visit(join(dist, entry));
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const file = join(dist, name);
    if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
  }
}

/** The servers of `fixtures/servers`, which tests start as processes. */
function fixtureServers(): string[] {
  return readdirSync(join(ROOT, 'fixtures/servers'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => `fixtures/servers/${name}`)
    .filter((name) => !ENTRIES.includes(name));
}

if (import.meta.filename === process.argv[1]) {
  const [folder = 'dist', mode] = process.argv.slice(2);
  const outdir = resolve(folder);
  mkdirSync(outdir, { recursive: true });
  if (mode === 'tests') {
    await bundle(outdir, fixtureServers());
  } else {
    const metafile = await bundle(outdir);
    writeFileSync(join(outdir, 'THIRD-PARTY-LICENCES.txt'), bundledLicences(metafile));
    pruneDeclarations(outdir, ['harness/index.d.ts', 'reports/index.d.ts', 'server/index.d.ts']);
    console.log(`${Object.keys(metafile.outputs).length} files below ${relative(process.cwd(), outdir)}`);
  }
}
