// The official conformance suite against `isolator mcp`. Each scenario of the suite is run, or tests a feature that this server does not have.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { start, withTools } from './site.mjs';

const suite = fileURLToPath(new URL('./node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const run = (...args) => promisify(execFile)(process.execPath, [suite, ...args], { maxBuffer: 64 << 20 });

const noPrompts = 'prompts';
const noResources = 'resources';
const noLogs = 'messages of a log for clients';
const noQuestions = 'questions to the client (sampling, elicitation, roots)';
const noHeaders = 'parameters that come as headers';
const noTasks = 'tasks';
const noSkills = 'skills';
const noResumption = 'streams that are closed in the middle of a call';
const itsSchema = 'a tool with a schema that the suite chooses';

/** Scenarios that call a tool of the suite's own: that tool, code that does as it should, and what its text is then. */
const called = {
    'tools-call-simple-text': {
        tool: 'test_simple_text',
        code: 'Console.Write("This is a simple text response for testing.");',
        text: /^This is a simple text response for testing\.$/,
    },
    'tools-call-error': {
        tool: 'test_error_handling',
        code: 'throw new InvalidOperationException("This tool intentionally returns an error for testing");',
        text: /^\[error\]\nSystem\.InvalidOperationException: This tool intentionally returns an error for testing\n/,
    },
    'tools-call-with-progress': {
        tool: 'test_tool_with_progress',
        code: 'Thread.Sleep(2500); Console.Write("done");',
        text: /^done$/,
    },
};

/** Scenarios that are run, each with the checks in it that test something else. */
const applicable = {
    'server-initialize': {},
    'server-session-lifecycle': {},
    'server-stateless': {
        'sep-2575-server-rejects-undeclared-capability': noQuestions,
        'sep-2575-missing-capability-http-400': noQuestions,
        'sep-2575-http-server-no-independent-requests-on-stream': noQuestions,
        'sep-2575-server-no-log-without-loglevel': noLogs,
    },
    'ping': {},
    'tools-list': {},
    'server-sse-polling': { 'server-sse-disconnect-resume': noResumption },
    'server-sse-multiple-streams': {},
    'dns-rebinding-protection': {},
    'caching': {
        'sep-2549-prompts-list-caching-hints': noPrompts,
        'sep-2549-resources-list-caching-hints': noResources,
        'sep-2549-resources-templates-list-caching-hints': noResources,
    },
    'http-header-validation': {},
    'input-required-result-unsupported-methods': {},
    'input-required-result-validate-input': {},
    ...Object.fromEntries(Object.keys(called).map(name => [name, {}])),
};

/** Scenarios that are not run, by the beginnings of their names, and what they test. */
const features = {
    'logging-': noLogs,
    'completion-': 'completion of prompts and resources',
    'tools-call-with-logging': noLogs,
    'tools-call-sampling': noQuestions,
    'tools-call-elicitation': noQuestions,
    'tools-call-image': 'results that are images',
    'tools-call-audio': 'results that are sound',
    'tools-call-embedded-resource': noResources,
    'tools-call-mixed-content': noResources,
    'json-schema-': itsSchema,
    'elicitation-': noQuestions,
    'input-required-': noQuestions,
    'resources-': noResources,
    'sep-2164-resource-': noResources,
    'sep-2640-skills-': noSkills,
    'prompts-': noPrompts,
    'http-custom-header-': noHeaders,
    'tasks-': noTasks,
};

let site, tools, folder;
before(async () => {
    site = await start();
    tools = await withTools(site.url, Object.fromEntries(Object.values(called).map(({ tool, code }) => [tool, code])));
    folder = await mkdtemp(join(tmpdir(), 'conformance-'));
});
after(async () => {
    await tools.stop();
    await site.stop();
    await rm(folder, { recursive: true });
});

test('each scenario of the suite is run, or has a reason not to be', async t => {
    const { stdout } = await run('list', '--server');
    const scenarios = [...stdout.matchAll(/^ {2}- (\S+)/gm)].map(match => match[1]);
    assert.ok(scenarios.length > 50, stdout);
    for (const name of Object.keys(applicable)) {
        assert.ok(scenarios.includes(name), `there is no ${name}`);
    }
    for (const name of scenarios.filter(name => !(name in applicable))) {
        const reason = Object.keys(features).find(start => name.startsWith(start));
        assert.ok(reason, `${name} is not known here`);
        t.diagnostic(`not run: ${name} tests ${features[reason]}`);
    }
});

for (const [name, others] of Object.entries(applicable)) {
    test(name, async t => {
        const output = join(folder, name);
        // It fails where one check does; which ones may is known here.
        const { url } = name in called ? tools : site;
        await run('server', '--url', url, '--scenario', name, '--output-dir', output).catch(() => {});
        const [made] = await readdir(output);
        const checks = JSON.parse(await readFile(join(output, made, 'checks.json'), 'utf8'));
        const wanted = checks.filter(check => !(check.id in others));
        const bad = wanted.filter(check => ['FAILURE', 'WARNING'].includes(check.status));
        assert.deepEqual(bad.map(check => `${check.id}: ${check.errorMessage}`), []);
        assert.ok(wanted.some(check => check.status === 'SUCCESS'), 'it checked nothing');
        if (name in called) {
            assert.match(checks[0].details.result.content[0].text, called[name].text);
        }
        for (const id of Object.keys(others)) {
            assert.ok(checks.some(check => check.id === id && check.status !== 'SUCCESS'), `${id} is not one that fails`);
            t.diagnostic(`not tested: ${id} tests ${others[id]}`);
        }
    });
}
