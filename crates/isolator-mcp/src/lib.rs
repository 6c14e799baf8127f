//! C# for agents: a server of the Model Context Protocol whose tools check and run C#, each call in a sandbox.
