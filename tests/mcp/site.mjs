// `isolator mcp --http`, for as long as a test needs it.
import { spawn } from 'node:child_process';
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
