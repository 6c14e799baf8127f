using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace Classic
{
    public delegate bool Test<in T>(T value);

    [Flags]
    public enum Access : byte { None = 0, Read = 1, Write = 2, All = Read | Write }

    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
    public sealed class NoteAttribute : Attribute
    {
        public NoteAttribute(string text) { Text = text; }
        public string Text { get; private set; }
        public int Level { get; set; }
    }

    public interface IStore<T> : IEnumerable<T>
    {
        int Count { get; }
        void Put(T value, Access access = Access.All);
    }

    [Note("a store", Level = 2)]
    public class Store<T> : IStore<T>, IDisposable where T : IComparable<T>
    {
        private T[] items = new T[4];
        private static int stores;
        protected internal readonly string name;

        static Store() { stores = 0; }

        public Store(string name) { this.name = name ?? "store"; stores++; }

        ~Store() { Dispose(false); }

        public int Count { get; private set; }

        public static int Stores { get { return stores; } }

        public void Put(T value, Access access)
        {
            if ((access & Access.Write) == 0) throw new UnauthorizedAccessException("may not write to " + name);
            if (Count == items.Length) Array.Resize(ref items, items.Length * 2);
            items[Count++] = value;
        }

        public bool Find(Test<T> test, out T found)
        {
            foreach (T item in this)
            {
                if (test(item)) { found = item; return true; }
            }
            found = default(T);
            return false;
        }

        public IEnumerator<T> GetEnumerator()
        {
            for (var i = 0; i < Count; i++) yield return items[i];
            yield break;
        }

        IEnumerator IEnumerable.GetEnumerator() { return GetEnumerator(); }

        public void Dispose() { Dispose(true); GC.SuppressFinalize(this); }

        protected virtual void Dispose(bool disposing) { if (disposing) items = null; }
    }

    public abstract class Animal
    {
        protected Animal(string name) { Name = name; }
        public string Name { get; }
        public abstract string Sound();
        public override string ToString() { return string.Format("{0} says {1}", Name, Sound()); }
        public sealed class Dog : Animal
        {
            public Dog() : base("dog") { }
            public override string Sound() { return "woof"; }
        }
    }

    public struct Money
    {
        public readonly long Cents;
        public Money(long cents) { Cents = cents; }
        public static Money operator +(Money a, Money b) { return new Money(a.Cents + b.Cents); }
        public static bool operator true(Money money) { return money.Cents != 0; }
        public static bool operator false(Money money) { return money.Cents == 0; }
        public static explicit operator decimal(Money money) { return money.Cents / 100m; }
    }

    internal static class Program
    {
        private static unsafe int Sum(int[] values)
        {
            int sum = 0;
            fixed (int* start = values)
            {
                for (int* at = start; at < start + values.Length; at++) sum += *at;
            }
            return sum;
        }

        private static int Main(string[] args)
        {
            var store = new Store<string>(null);
            try
            {
                using (store)
                {
                    store.Put("b", Access.Write);
                    store.Put("a", Access.All);
                    string found;
                    Console.WriteLine(store.Find(x => x.StartsWith("a", StringComparison.Ordinal), out found) ? found : "none");
                    Console.WriteLine(string.Join(",", store.OrderBy(x => x).ToArray()));
                    store.Put("c", Access.Read);
                }
            }
            catch (UnauthorizedAccessException e)
            {
                Console.WriteLine(e.Message);
            }
            Animal animal = new Animal.Dog();
            Console.WriteLine(animal);
            object boxed = 5;
            if (boxed is int) Console.WriteLine((int)boxed + 1);
            var text = boxed as string;
            Console.WriteLine(text == null);
            Money money = new Money(5) + new Money(7);
            if (money) Console.WriteLine((decimal)money);
            int[][] jagged = { new[] { 1, 2 }, new int[] { 3 } };
            long total = 0L;
            foreach (int[] row in jagged) foreach (int cell in row) total += cell;
            Console.WriteLine(unchecked((int)total * int.MaxValue) + Sum(new[] { 1, 2, 3 }));
            char c = 'x';
            switch (c)
            {
                case 'x':
                case 'y':
                    c++;
                    goto default;
                default:
                    Console.WriteLine(c.ToString() + (char)(c + 1) + @"a\b" + '\u0041' + "\t");
                    break;
            }
            var anonymous = new { Name = "n", Value = 1.5f, Kind = Access.All.ToString() };
            Console.WriteLine(anonymous.Name + anonymous.Value + anonymous.Kind);
            Func<int, Func<int, int>> add = a => b => a + b;
            Console.WriteLine(add(1)(2));
            lock (store) { Console.WriteLine(Store<string>.Stores); }
            return args.Length == 0 ? 0 : int.Parse(args[0]);
        }
    }
}
