// `isolator mcp --http`, for as long as a test needs it.
import { spawn } from 'node:child_process';
import { createServer, request as ask } from 'node:http';
import { createInterface } from 'node:readline';

export const program = process.env.ISOLATOR ?? 'isolator';

/** Starts it, and says its URL and how to stop it. */
export async function start(...options) {
    const server = spawn(program, ['mcp', '--http', '127.0.0.1:0', ...options], { stdio: ['ignore', 'inherit', 'pipe'] });
    const lines = createInterface({ input: server.stderr });
    const url = await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.once('exit', code => reject(new Error(`isolator mcp ended with ${code}`)));
        lines.on('line', line => {
            const found = line.match(/^listening at (http:\S+)$/);
            if (found) {
                resolve(found[1]);
            } else {
                console.error(line);
            }
        });
    });
    server.removeAllListeners('exit');
    return { url, stop: () => new Promise(resolve => { server.once('exit', resolve); server.kill(); }) };
}

/** Stands before a server, and passes everything on; but for calls of these tools, by name, which it makes calls of `execute_csharp` with their code. */
export async function withTools(url, tools) {
    const { host } = new URL(url);
    const proxy = createServer((request, response) => {
        const parts = [];
        request.on('data', part => parts.push(part));
        request.on('end', () => {
            let body = Buffer.concat(parts);
            const headers = { ...request.headers, host };
            const message = body.length ? JSON.parse(body) : {};
            const code = message.method === 'tools/call' ? tools[message.params.name] : undefined;
            if (code !== undefined) {
                Object.assign(message.params, { name: 'execute_csharp', arguments: { code } });
                body = Buffer.from(JSON.stringify(message));
                if ('mcp-name' in headers) headers['mcp-name'] = 'execute_csharp';
            }
            delete headers['transfer-encoding'];
            headers['content-length'] = body.length;
            const passed = ask(url, { method: request.method, headers }, answer => {
                response.writeHead(answer.statusCode, answer.headers);
                answer.pipe(response);
            });
            passed.on('error', error => response.destroy(error));
            // Who leaves takes the call back.
            response.on('close', () => passed.destroy());
            passed.end(body);
        });
    });
    await new Promise(listening => proxy.listen(0, '127.0.0.1', listening));
    const stop = () => new Promise(closed => {
        proxy.close(closed);
        proxy.closeAllConnections();
    });
    return { url: `http://127.0.0.1:${proxy.address().port}/mcp`, stop };
}
