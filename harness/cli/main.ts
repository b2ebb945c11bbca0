#!/usr/bin/env node
import { REGISTRY } from '../run/registry.ts';
import { runCommandLine } from './command-line.ts';

await runCommandLine(REGISTRY);
