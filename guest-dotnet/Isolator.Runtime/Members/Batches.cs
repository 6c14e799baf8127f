using System;

namespace Isolator.Runtime.Members;

/// <summary>The loops of batches: one for each number of arguments, so that nothing is decided within them.</summary>
/// <remarks>
/// How words become arguments says <see cref="Entry.CallScalar"/>. Each loop catches what a call throws where it still knows how far
/// it came; a local is free, and a place in memory would be written for each element.
/// </remarks>
internal static unsafe class Batches
{
    /// <summary>Calls a static method until the results are full or a call throws.</summary>
    public static ulong* Run(nint f, int count, ulong* a, ulong* r, ulong* end, out Exception? thrown) => count switch
    {
        0 => None(f, r, end, out thrown),
        1 => One(f, a, r, end, out thrown),
        2 => Two(f, a, r, end, out thrown),
        3 => Three(f, a, r, end, out thrown),
        4 => Four(f, a, r, end, out thrown),
        5 => Five(f, a, r, end, out thrown),
        6 => Six(f, a, r, end, out thrown),
        7 => Seven(f, a, r, end, out thrown),
        _ => Eight(f, a, r, end, out thrown),
    };

    /// <summary>Calls an object's method until the results are full or a call throws.</summary>
    public static ulong* Run(nint f, object self, int count, ulong* a, ulong* r, ulong* end, out Exception? thrown) => count switch
    {
        0 => None(f, self, r, end, out thrown),
        1 => One(f, self, a, r, end, out thrown),
        2 => Two(f, self, a, r, end, out thrown),
        3 => Three(f, self, a, r, end, out thrown),
        4 => Four(f, self, a, r, end, out thrown),
        5 => Five(f, self, a, r, end, out thrown),
        6 => Six(f, self, a, r, end, out thrown),
        7 => Seven(f, self, a, r, end, out thrown),
        _ => Eight(f, self, a, r, end, out thrown),
    };

    private static ulong* None(nint f, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++)
            {
                *r = ((delegate*<ulong>)f)();
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* One(nint f, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a++)
            {
                *r = ((delegate*<ulong, ulong>)f)(*a);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Two(nint f, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 2)
            {
                *r = ((delegate*<ulong, ulong, ulong>)f)(a[0], a[1]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Three(nint f, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 3)
            {
                *r = ((delegate*<ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Four(nint f, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 4)
            {
                *r = ((delegate*<ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Five(nint f, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 5)
            {
                *r = ((delegate*<ulong, ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3], a[4]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Six(nint f, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 6)
            {
                *r = ((delegate*<ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3], a[4], a[5]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Seven(nint f, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 7)
            {
                *r = ((delegate*<ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Eight(nint f, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 8)
            {
                *r = ((delegate*<ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* None(nint f, object self, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++)
            {
                *r = ((delegate*<object, ulong>)f)(self);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* One(nint f, object self, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a++)
            {
                *r = ((delegate*<object, ulong, ulong>)f)(self, *a);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Two(nint f, object self, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 2)
            {
                *r = ((delegate*<object, ulong, ulong, ulong>)f)(self, a[0], a[1]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Three(nint f, object self, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 3)
            {
                *r = ((delegate*<object, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Four(nint f, object self, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 4)
            {
                *r = ((delegate*<object, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Five(nint f, object self, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 5)
            {
                *r = ((delegate*<object, ulong, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3], a[4]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Six(nint f, object self, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 6)
            {
                *r = ((delegate*<object, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3], a[4], a[5]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Seven(nint f, object self, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 7)
            {
                *r = ((delegate*<object, ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }

    private static ulong* Eight(nint f, object self, ulong* a, ulong* r, ulong* end, out Exception? thrown)
    {
        thrown = null;
        try
        {
            for (; r < end; r++, a += 8)
            {
                *r = ((delegate*<object, ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
            }
        }
        catch (Exception e)
        {
            thrown = e;
        }

        return r;
    }
}
