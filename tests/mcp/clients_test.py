"""The official Python SDK against `isolator mcp`."""
import asyncio
import os
import re
import subprocess
import sys
import unittest

from mcp import Client, MCPError, StdioServerParameters

PROGRAM = os.environ.get("ISOLATOR", "isolator")


class Site:
    """`isolator mcp --http`, for as long as a test needs it."""

    def __enter__(self):
        command = [PROGRAM, "mcp", "--http", "127.0.0.1:0"]
        self.server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for line in self.server.stderr:
            if found := re.fullmatch(r"listening at (http:\S+)\n", line):
                return found.group(1)
            sys.stderr.write(line)
        raise RuntimeError("isolator mcp has ended")

    def __exit__(self, *_):
        self.server.kill()
        self.server.wait()
        self.server.stderr.close()


async def each(client):
    """What every client must be able to do."""
    tools = (await client.list_tools()).tools
    names = [tool.name for tool in tools]
    assert {"execute_csharp", "check_csharp"} <= set(names), names
    assert "C#" in client.instructions

    async def execute(progress_callback=None, **arguments):
        return await client.call_tool("execute_csharp", arguments, progress_callback=progress_callback)

    ran = await execute(code='Console.WriteLine($"hello {args[0]} {Console.ReadLine()}");', args=["a"], stdin="b\n")
    assert not ran.is_error
    assert ran.structured_content["stdout"] == "hello a b\n", ran
    assert ran.content[0].text == "hello a b\n", ran
    value = await execute(code="Enumerable.Range(1, 4).Select(n => n * n)")
    assert value.structured_content["result"] == [1, 4, 9, 16], value

    thrown = await execute(code='throw new Exception("no");')
    assert thrown.is_error and thrown.structured_content["outcome"] == "exception", thrown
    slow = await execute(code="while (true) { }", timeout_ms=200)
    assert slow.structured_content["outcome"] == "timeout", slow
    wrong = await client.call_tool("check_csharp", {"code": "int x = wrong;"})
    assert wrong.is_error and wrong.structured_content["diagnostics"][0]["id"] == "CS0103", wrong

    told = []

    async def note(progress, total, message):
        told.append(message)

    done = await execute(note, code='Thread.Sleep(1500); Console.Write("done");')
    assert done.structured_content["stdout"] == "done", done
    assert any(message.startswith("running") for message in told), told

    endless = asyncio.create_task(execute(code="while (true) { }"))
    await asyncio.sleep(0.3)
    endless.cancel()
    try:
        await endless
        raise AssertionError("it was cancelled")
    except asyncio.CancelledError:
        pass
    assert (await execute(code="6 * 7")).structured_content["result"] == 42

    created = await client.call_tool("session_create", {})
    session = created.structured_content["session_id"]
    for code in ["int Twice(int n) => 2 * n;", "var x = Twice(20);"]:
        step = await client.call_tool("session_execute", {"session_id": session, "code": code})
        assert not step.is_error, step
    last = await client.call_tool("session_execute", {"session_id": session, "code": "x + 2"})
    assert last.structured_content["result"] == 42, last
    gone = await client.call_tool("session_destroy", {"session_id": session})
    assert gone.structured_content["destroyed"], gone

    try:
        await client.call_tool("no_such_tool", {})
        raise AssertionError("there is no such tool")
    except MCPError as error:
        assert "no_such_tool" in str(error), error


class Clients(unittest.IsolatedAsyncioTestCase):
    async def over(self, server, mode, version):
        async with Client(server, mode=mode) as client:
            self.assertEqual(client.protocol_version, version)
            await each(client)

    def stdio(self):
        return StdioServerParameters(command=PROGRAM, args=["mcp"], env=dict(os.environ))

    async def test_current_version_over_stdio(self):
        await self.over(self.stdio(), "auto", "2026-07-28")

    async def test_version_before_over_stdio(self):
        await self.over(self.stdio(), "legacy", "2025-11-25")

    async def test_current_version_over_http(self):
        with Site() as url:
            await self.over(url, "auto", "2026-07-28")

    async def test_version_before_over_http(self):
        with Site() as url:
            await self.over(url, "legacy", "2025-11-25")


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"# pass {result.testsRun - failed}\n# fail {failed}")
    sys.exit(failed > 0)
