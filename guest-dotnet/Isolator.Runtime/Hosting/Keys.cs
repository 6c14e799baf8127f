using System;

namespace Isolator.Runtime.Hosting;

/// <summary>Keys that characters of standard input stand for, as they do in .NET where a terminal sends them.</summary>
internal static class Keys
{
    // `ConsoleKey` and `ConsoleModifiers`: their assembly is not loaded for that.
    private const int Backspace = 8, Tab = 9, Enter = 13, Escape = 27, Spacebar = 32;
    private const int PageUp = 33, PageDown = 34, End = 35, Home = 36, Left = 37, Up = 38, Right = 39, Down = 40, Insert = 45, Delete = 46;
    private const int Digit = 48, Multiply = 106, Add = 107, Subtract = 109, Divide = 111, Function = 112, Comma = 188, Period = 190;
    private const int Alt = 1, Shift = 2, Control = 4;

    private const char EscapeCharacter = '\u001b';
    private const char DeleteCharacter = '\u007f';

    /// <summary>A key, its modifiers and its character as one number.</summary>
    public static long Pack(char character, int key, int modifiers) => ((long)modifiers << 32) | ((long)key << 16) | character;

    /// <summary>The key that begins with this character.</summary>
    /// <param name="character">The character.</param>
    /// <param name="next">The next one if it is there; -1 if not.</param>
    public static long Read(int character, Func<int> next)
    {
        if (character != EscapeCharacter)
        {
            return Plain((char)character, 0);
        }

        int following = next();
        return following switch
        {
            -1 => Plain(EscapeCharacter, 0),
            '[' or 'O' => Sequence(next),
            _ => Plain((char)following, Alt),
        };
    }

    private static long Plain(char character, int modifiers) => character switch
    {
        // A line's end is what the key makes in a terminal.
        '\n' or '\r' => Pack('\r', Enter, modifiers),
        '\t' => Pack(character, Tab, modifiers),
        '\b' => Pack(character, Backspace, modifiers | Control),
        DeleteCharacter => Pack(character, Backspace, modifiers),
        EscapeCharacter => Pack(character, Escape, modifiers),
        ' ' => Pack(character, Spacebar, modifiers),
        '*' => Pack(character, Multiply, modifiers),
        '+' => Pack(character, Add, modifiers),
        ',' => Pack(character, Comma, modifiers),
        '-' => Pack(character, Subtract, modifiers),
        '.' => Pack(character, Period, modifiers),
        '/' => Pack(character, Divide, modifiers),
        >= '0' and <= '9' => Pack(character, character, modifiers),
        >= 'A' and <= 'Z' => Pack(character, character, modifiers | Shift),
        >= 'a' and <= 'z' => Pack(character, character - 'a' + 'A', modifiers),
        '\0' => Pack(character, Digit + 2, modifiers | Control),
        <= '\u001a' => Pack(character, character + 'A' - 1, modifiers | Control),
        <= '\u001f' => Pack('\0', character - EscapeCharacter + Digit + 3, modifiers | Control),
        _ => Pack(character, 0, modifiers),
    };

    // What terminals of xterm's kind send: numbers, the second of which tells the modifiers, and a last character.
    private static long Sequence(Func<int> next)
    {
        const int MostNumbers = 2, LargestNumber = 99;
        Span<int> numbers = [0, 0];
        int count = 0, last;
        while ((last = next()) is ';' or (>= '0' and <= '9'))
        {
            if (last == ';')
            {
                count = Math.Min(count + 1, MostNumbers - 1);
            }
            else
            {
                numbers[count] = Math.Min((numbers[count] * 10) + last - '0', LargestNumber);
            }
        }

        int sent = Math.Max(numbers[1] - 1, 0);
        int modifiers = ((sent & 1) != 0 ? Shift : 0) | ((sent & 2) != 0 ? Alt : 0) | ((sent & 4) != 0 ? Control : 0);
        return last switch
        {
            'A' => Pack('\0', Up, modifiers),
            'B' => Pack('\0', Down, modifiers),
            'C' => Pack('\0', Right, modifiers),
            'D' => Pack('\0', Left, modifiers),
            'H' => Pack('\0', Home, modifiers),
            'F' => Pack('\0', End, modifiers),
            'Z' => Pack('\0', Tab, modifiers | Shift),
            >= 'P' and <= 'S' => Pack('\0', Function + last - 'P', modifiers),
            '~' => Pack('\0', Numbered(numbers[0]), modifiers),
            _ => Pack('\0', 0, modifiers),
        };
    }

    private static int Numbered(int number) => number switch
    {
        1 or 7 => Home,
        2 => Insert,
        3 => Delete,
        4 or 8 => End,
        5 => PageUp,
        6 => PageDown,
        >= 11 and <= 15 => Function + number - 11,
        >= 17 and <= 21 => Function + number - 12,
        23 or 24 => Function + number - 13,
        _ => 0,
    };
}
