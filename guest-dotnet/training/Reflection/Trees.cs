using System;
using System.Collections.Generic;
using System.Dynamic;
using System.Linq;
using System.Linq.Expressions;

namespace Training.Reflection;

/// <summary>Expression trees, and members that are bound late.</summary>
internal static class Trees
{
    public static void Expressions(Checksum sum)
    {
        Expression<Func<int, int, int>> add = (a, b) => (a * b) + 1;
        foreach (bool interpreted in new[] { true, false })
        {
            sum.Add(add.Compile(interpreted)(3, 4));
            Expression<Func<string, int>> length = s => s == null ? -1 : s.Trim().Length + s.IndexOf('x');
            sum.Add(length.Compile(interpreted)(" xyz "));
            Expression<Func<IEnumerable<int>, double>> query = all => all.Where(i => i > 1).Select(i => i * 2.5).Sum();
            sum.Add(query.Compile(interpreted)([1, 2, 3]));
            Expression<Func<double, decimal, long, object>> mixed = (d, m, l) => new { Sum = d + (double)m + l, List = new List<long> { l }, Array = new[] { d } };
            sum.Add(mixed.Compile(interpreted)(1.5, 2, 3)!.ToString()!.Length > 0);
            int captured = 5;
            Expression<Func<int>> closure = () => captured + Environment.NewLine.Length;
            sum.Add(closure.Compile(interpreted)());
            sum.Add(Loop().Compile(interpreted)(6));
        }

        sum.Add(add.ToString());
        ParameterExpression x = Expression.Parameter(typeof(int), "x");
        LambdaExpression lambda = Expression.Lambda(Expression.Condition(Expression.GreaterThan(x, Expression.Constant(2)), Expression.Negate(x), Expression.Convert(Expression.Constant(2L), typeof(int))), x);
        sum.Add(lambda.Compile(true).DynamicInvoke(5));
        sum.Add(new Doubler().Visit(add).ToString());
        Expression<Func<string, string>> property = s => s.Substring(1).ToUpperInvariant();
        sum.Add(((MethodCallExpression)property.Body).Method.Name);
        sum.Add(new[] { 3, 1, 2 }.AsQueryable().Where(i => i > 1).OrderBy(i => i).Select(i => i.ToString()).ToList().Count);
        Expression<Func<Exception, string>> member = e => e.Message;
        sum.Add(((MemberExpression)member.Body).Member.Name);
        sum.Add(Expression.Lambda<Action>(Expression.TryCatch(Expression.Throw(Expression.Constant(new TimeoutException())), Expression.Catch(typeof(TimeoutException), Expression.Empty()))).Compile(true).Method is not null);
    }

    public static void Dynamic(Checksum sum)
    {
        dynamic value = 5;
        sum.Add((int)(value + 2));
        sum.Add((bool)(value > 3));
        value = "text";
        sum.Add((string)value.ToUpperInvariant());
        sum.Add((int)value.Length);
        dynamic expando = new ExpandoObject();
        expando.Name = "n";
        expando.Count = 3;
        expando.Count++;
        sum.Add((string)expando.Name + (int)expando.Count);
        sum.AddAll(((IDictionary<string, object?>)expando).Keys);
        dynamic list = new List<int> { 1, 2 };
        list.Add(3);
        sum.Add((int)list[2]);
        foreach (dynamic item in list)
        {
            sum.Add((int)item);
        }

        sum.AddThrown(() => value.NoSuchMember());
        dynamic own = new Late();
        sum.Add((string)own.Anything);
        sum.Add((string)own.Call(1, "b"));
        sum.Add((string)Describe((dynamic)2.5));
    }

    private static string Describe(int i) => $"int {i}";

    private static string Describe(double d) => $"double {d}";

    private static Expression<Func<int, int>> Loop()
    {
        ParameterExpression count = Expression.Parameter(typeof(int)), total = Expression.Variable(typeof(int));
        LabelTarget end = Expression.Label(typeof(int));
        return Expression.Lambda<Func<int, int>>(
            Expression.Block(
                [total],
                Expression.Assign(total, Expression.Constant(0)),
                Expression.Loop(
                    Expression.IfThenElse(
                        Expression.GreaterThan(count, Expression.Constant(0)),
                        Expression.AddAssign(total, Expression.PostDecrementAssign(count)),
                        Expression.Break(end, total)),
                    end)),
            count);
    }

    private sealed class Doubler : ExpressionVisitor
    {
        protected override Expression VisitConstant(ConstantExpression node) => node.Value is int i ? Expression.Constant(i * 2) : node;
    }

    private sealed class Late : DynamicObject
    {
        public override bool TryGetMember(GetMemberBinder binder, out object? result)
        {
            result = "member " + binder.Name;
            return true;
        }

        public override bool TryInvokeMember(InvokeMemberBinder binder, object?[]? args, out object? result)
        {
            result = $"{binder.Name} {args!.Length}";
            return true;
        }
    }
}
