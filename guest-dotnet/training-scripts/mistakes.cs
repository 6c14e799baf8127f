using System.Nowhere;
using System.Text;

var list = new List<string>();
list.Ad("a");
list.Add(1);
list.Add("a", "b");
int number = "text";
string missing = undefined + 1;
var nothing = null;
Console.Writeline("x");
Console.WriteLine("x" - 1);
foreach (var x in 5) { }
int unused;
Console.WriteLine(unused);
string text = null;
text.Length.ToString();
const int constant = DateTime.Now.Year;
number.Foo();
Missing.Call();
new Abstract();
var thing = new Thing(1, 2) { Nope = 3 };
thing.Hidden = 1;
if (number = 1) { }
switch (number) { case 1: case 1: break; case "a": Console.WriteLine(); }
await 5;
Func<int, string> f = x => x;
Action a = () => { return 1; };
var q = from item in list where item > 1 select item.Nope;
Generic<int> generic = new Generic<int>();
decimal d = 1.5;
int big = 99999999999;
return "done";

int Local() { }
static void Static() { number++; }
void Ref(ref int value) { }
void Call() { Ref(number); Ref(ref 5); Local(1); return 1; }
async Task<int> Late() { Console.WriteLine(await list); }
IEnumerable<int> Yields() { yield return "a"; return null; }

abstract class Abstract { public abstract void Do(); }
class Thing : Abstract, IDisposable { public Thing(int a) { } private int Hidden; public readonly int Fixed = 1; void Set() { Fixed = 2; this.Gone = 3; } }
class Thing { }
class Generic<T> where T : class { T Value = new T(); }
interface IOne { void One(); int Two { get; } }
sealed class One : IOne { public int One() => 1; }
class Two : One { public override string ToString() => base.Nope(); public override void New() { } }
struct Loop { Loop inner; }
class Circular : Circular { }
enum Same { A, A, B = "x" }
record R(int A, int A);
class Broken { void M( { var x = ; int y = 1 }
class Unclosed { string S = "open; }
