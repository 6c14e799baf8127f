// The official TypeScript SDK against `isolator mcp`.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client as Before } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioBefore } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpBefore } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Current, StreamableHTTPClientTransport as HttpCurrent } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioCurrent } from '@modelcontextprotocol/client/stdio';
import { program, start } from './site.mjs';

const who = { name: 'typescript-test', version: '1' };
let site;
before(async () => { site = await start(); });
after(() => site.stop());

const stdio = { command: program, args: ['mcp'], env: process.env, stderr: 'inherit' };
const kinds = [
    ['2025-11-25 over stdio', () => [new Before(who), new StdioBefore(stdio)]],
    ['2025-11-25 over HTTP', () => [new Before(who), new HttpBefore(new URL(site.url))]],
    ['2026-07-28 over stdio', () => [current(), new StdioCurrent(stdio)]],
    ['2026-07-28 over HTTP', () => [current(), new HttpCurrent(new URL(site.url))]],
];

function current() {
    return new Current(who, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
}

for (const [name, make] of kinds) {
    test(name, async t => {
        const [client, transport] = make();
        await client.connect(transport);
        // The SDKs differ in how a call is given its options.
        const execute = (args, options) => client instanceof Before
            ? client.callTool({ name: 'execute_csharp', arguments: args }, undefined, options)
            : client.callTool({ name: 'execute_csharp', arguments: args }, options);

        await t.test('tools are listed with schemas that the client takes', async () => {
            const { tools } = await client.listTools();
            const names = tools.map(tool => tool.name);
            assert.ok(names.includes('execute_csharp') && names.includes('check_csharp'), names.join());
            assert.ok(tools.every(tool => tool.outputSchema && tool.description && tool.annotations));
        });
        await t.test('a program runs', async () => {
            // The client compares the structured content with the tool's schema.
            const result = await execute({ code: 'Console.WriteLine($"hello {args[0]} {Console.ReadLine()}");', args: ['a'], stdin: 'b\n' });
            assert.equal(result.isError, false);
            assert.equal(result.structuredContent.stdout, 'hello a b\n');
            assert.deepEqual(result.content, [{ type: 'text', text: 'hello a b\n' }]);
        });
        await t.test('a fault is a result', async () => {
            const result = await execute({ code: 'throw new Exception("no");' });
            assert.equal(result.isError, true);
            assert.equal(result.structuredContent.outcome, 'exception');
            const wrong = await execute({ code: 'int x = "";' });
            assert.equal(wrong.structuredContent.diagnostics[0].id, 'CS0029');
        });
        await t.test('half of a character is read as a replacement, and what is too large is refused', async () => {
            const result = await execute({ code: 'Console.Write((int)"\ud800"[0]);' });
            assert.equal(result.structuredContent.stdout, '65533');
            await assert.rejects(execute({ code: 'x'.repeat(5 << 20) }), error => !/timed out/i.test(error.message));
            const next = await execute({ code: '6 * 7' });
            assert.equal(next.structuredContent.result, 42);
        });
        await t.test('progress is told', async () => {
            const told = [];
            const options = { onprogress: progress => told.push(progress.message) };
            const result = await execute({ code: 'Thread.Sleep(1500); Console.Write("done");' }, options);
            assert.equal(result.structuredContent.stdout, 'done');
            assert.ok(told.some(message => message.startsWith('running')), told.join());
        });
        await t.test('a call that is aborted ends', async () => {
            const aborting = new AbortController();
            const call = execute({ code: 'while (true) { }' }, { signal: aborting.signal });
            setTimeout(() => aborting.abort(), 300);
            await assert.rejects(call);
            const next = await execute({ code: '6 * 7' });
            assert.equal(next.structuredContent.result, 42);
        });
        await t.test('a session keeps its state', async () => {
            const call = (name, args) => client.callTool({ name, arguments: args });
            const created = await call('session_create', {});
            const session_id = created.structuredContent.session_id;
            await call('session_execute', { session_id, code: 'var list = new List<int> { 1, 2 };' });
            await call('session_execute', { session_id, code: 'list.Add(39);' });
            const sum = await call('session_execute', { session_id, code: 'list.Sum()' });
            assert.equal(sum.structuredContent.result, 42);
            const gone = await call('session_destroy', { session_id });
            assert.equal(gone.structuredContent.destroyed, true);
        });
        await t.test('an unknown tool is an error of the protocol', async () => {
            await assert.rejects(client.callTool({ name: 'no_such_tool', arguments: {} }), /no_such_tool/);
        });
        await client.close();
    });
}
