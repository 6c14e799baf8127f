using System;

namespace Isolator.Runtime.Hosting;

/// <summary>Keys that characters of standard input stand for, as they do in .NET where a terminal of xterm's kind sends them.</summary>
internal static class Keys
{
    /// <summary>More characters than a key has that is not complete.</summary>
    public const int Longest = 9;

    // `ConsoleKey` and `ConsoleModifiers`: their assembly is not loaded for that.
    private const int Backspace = 8, Tab = 9, Enter = 13, Escape = 27, Spacebar = 32;
    private const int PageUp = 33, PageDown = 34, End = 35, Home = 36, Left = 37, Up = 38, Right = 39, Down = 40, Insert = 45, Delete = 46;
    private const int Digit = 48, Multiply = 106, Add = 107, Subtract = 109, Divide = 111, Function = 112, Comma = 188, Period = 190, NoName = 252;
    private const int Alt = 1, Shift = 2, Control = 4;

    private const char EscapeCharacter = '\u001b';
    private const char DeleteCharacter = '\u007f';

    /// <summary>Of `ESC [` or `ESC O` and a character.</summary>
    private const int ShortSequence = 3;

    /// <summary>What SCO's terminals send behind `ESC [` for the function keys: plain, with Shift, with Control, with both.</summary>
    private const string ScoFunctions = "MNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@[<]^_`{";
    private const int FunctionsInRow = 12;

    /// <summary>A key, its modifiers and its character as one number.</summary>
    public static long Pack(char character, int key, int modifiers) => ((long)modifiers << 32) | ((long)key << 16) | character;

    /// <summary>The key that input begins with.</summary>
    /// <param name="input">All characters that are there, one at least: a key with Alt is one of two characters and no more.</param>
    /// <param name="length">How many of them are the key's.</param>
    public static long Read(ReadOnlySpan<char> input, out int length)
    {
        if (input[0] == EscapeCharacter)
        {
            // Some terminals send another escape before the sequence of a key with Alt.
            bool isTwice = input.Length > ShortSequence && input[1] == EscapeCharacter;
            if (Sequence(isTwice ? input[1..] : input, out length) is { } key)
            {
                length += isTwice ? 1 : 0;
                return isTwice ? key | Pack('\0', 0, Alt) : key;
            }

            if (input.Length == 2 && input[1] != EscapeCharacter)
            {
                length = 2;
                return Plain(input[1], isAlt: true);
            }
        }

        length = 1;
        return Plain(input[0], isAlt: false);
    }

    /// <summary>Whether all that is there may be the beginning of a longer key.</summary>
    public static bool IsBegun(ReadOnlySpan<char> input)
    {
        if (input.Length >= Longest || input[0] != EscapeCharacter)
        {
            return false;
        }

        ReadOnlySpan<char> rest = input.Length > 1 && input[1] == EscapeCharacter ? input[2..] : input[1..];
        return rest switch
        {
            [] or ['[' or 'O'] or ['[', '['] => true,
            ['[', .. var numbers] => !numbers.ContainsAnyExceptInRange('0', ';'),
            _ => false,
        };
    }

    private static long Plain(char character, bool isAlt)
    {
        long plain = character switch
        {
            // A line's end is what the key makes in a terminal.
            '\n' or '\r' => Pack('\r', Enter, 0),
            '\t' => Pack(character, Tab, 0),
            '\b' => Pack(character, Backspace, Control),
            DeleteCharacter => Pack(character, Backspace, 0),
            EscapeCharacter => Pack(character, Escape, 0),
            ' ' => Pack(character, Spacebar, 0),
            '*' => Pack(character, Multiply, 0),
            '+' => Pack(character, Add, 0),
            ',' => Pack(character, Comma, 0),
            '-' => Pack(character, Subtract, 0),
            '.' => Pack(character, Period, 0),
            '/' => Pack(character, Divide, 0),
            >= '0' and <= '9' => Pack(character, character, 0),
            >= 'A' and <= 'Z' => Pack(character, character, Shift),
            >= 'a' and <= 'z' => Pack(character, character - 'a' + 'A', 0),
            '\0' => Pack(character, Digit + 2, Control),
            <= '\u001a' => Pack(isAlt ? '\0' : character, character + 'A' - 1, Control),
            <= '\u001f' => Pack('\0', character - EscapeCharacter + Digit + 3, Control),
            _ => Pack(character, 0, 0),
        };
        bool hasKey = plain != character;
        return isAlt && hasKey ? plain | Pack('\0', 0, Alt) : plain;
    }

    // What begins with an escape and is not just that: the sequences of xterm, and those of rxvt's, SCO's and Linux's terminals that are not something else
    // in xterm's.
    private static long? Sequence(ReadOnlySpan<char> input, out int length)
    {
        length = ShortSequence;
        if (input.Length < ShortSequence || input[0] != EscapeCharacter || input[1] is not ('[' or 'O'))
        {
            return null;
        }

        char third = input[2];
        if (input[1] == 'O')
        {
            return Known(OfKeypad(third));
        }

        if (char.IsAsciiLetter(third) || input.Length == ShortSequence)
        {
            return Known(OfLetter(third));
        }

        // Linux's console.
        if (third == '[' && input[3] is >= 'A' and <= 'E')
        {
            length = 4;
            return Pack('\0', Function + input[3] - 'A', 0);
        }

        return third is >= '1' and <= '9' ? Numbers(input, out length) : null;
    }

    // A number, and what ends it, or a second number that tells the modifiers, and what ends that.
    private static long? Numbers(ReadOnlySpan<char> input, out int length)
    {
        int at = 3, number = input[2] - '0';
        if (char.IsAsciiDigit(input[at]))
        {
            number = (number * 10) + input[at++] - '0';
        }

        length = at + 1;
        if (at >= input.Length)
        {
            return null;
        }

        switch (input[at])
        {
            case '~':
                return Known((Numbered(number), 0));
            case '^':
                return Known((Numbered(number), Control));
            case '$':
                return Known((Numbered(number), Shift));
            case '@':
                return Known((Numbered(number), Shift | Control));
            case ';' when at + 2 < input.Length && input[at + 1] is >= '2' and <= '8':
                int sent = input[at + 1] - '1';
                int modifiers = ((sent & 1) != 0 ? Shift : 0) | ((sent & 2) != 0 ? Alt : 0) | ((sent & 4) != 0 ? Control : 0);
                char last = input[at + 2];
                length = at + 3;
                int key = last == '~' ? Numbered(number) : char.IsAsciiLetterUpper(last) ? OfLast(last) : 0;
                return key == 0 ? null : Pack('\0', key, modifiers);
            default:
                return null;
        }
    }

    private static long? Known((int Key, int Modifiers) known) => known.Key switch
    {
        0 => null,
        Enter => Pack('\r', Enter, known.Modifiers),
        Multiply => Pack('*', Multiply, known.Modifiers),
        Add => Pack('+', Add, known.Modifiers),
        Subtract => Pack('-', Subtract, known.Modifiers),
        Divide => Pack('/', Divide, known.Modifiers),
        int key => Pack('\0', key, known.Modifiers),
    };

    // What comes behind `ESC O`: xterm's keys, and rxvt's of the keypad.
    private static (int Key, int Modifiers) OfKeypad(char character) => character switch
    {
        >= 'a' and <= 'd' => (Arrow(character - 'a'), Shift),
        // In xterm the middle of the keypad begins a line.
        'E' => (Home, 0),
        'j' => (Multiply, 0),
        'k' => (Add, 0),
        'm' => (Subtract, 0),
        'n' => (Delete, 0),
        'o' => (Divide, 0),
        'p' => (Insert, 0),
        'q' or 'w' => (End, 0),
        'r' => (Down, 0),
        's' => (PageDown, 0),
        't' => (Left, 0),
        'u' => (NoName, 0),
        'v' => (Right, 0),
        'x' => (Up, 0),
        'y' => (PageUp, 0),
        _ => (OfLast(character), 0),
    };

    // What comes last in xterm's sequences: twelve function keys among it.
    private static int OfLast(char character) => character switch
    {
        >= 'A' and <= 'D' => Arrow(character - 'A'),
        'E' => NoName,
        'F' => End,
        'H' => Home,
        'M' => Enter,
        >= 'P' and <= '[' => Function + character - 'P',
        _ => 0,
    };

    // What comes behind `ESC [`: xterm's and SCO's keys.
    private static (int Key, int Modifiers) OfLetter(char character)
    {
        switch (character)
        {
            case >= 'A' and <= 'D':
                return (Arrow(character - 'A'), 0);
            case 'F':
                return (End, 0);
            case 'G':
                return (PageDown, 0);
            case 'H':
                return (Home, 0);
            case 'I':
                return (PageUp, 0);
            case 'Z':
                return (Tab, Shift);
            default:
                // The one is in the manual of the terminal, the other what PuTTY sends for it.
                int at = ScoFunctions.IndexOf(character == '\\' ? '<' : character);
                int row = at / FunctionsInRow;
                int modifiers = ((row & 1) != 0 ? Shift : 0) | ((row & 2) != 0 ? Control : 0);
                return at < 0 ? default : (Function + (at % FunctionsInRow), modifiers);
        }
    }

    private static int Arrow(int number) => number switch
    {
        0 => Up,
        1 => Down,
        2 => Right,
        _ => Left,
    };

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
        >= 23 and <= 26 => Function + number - 13,
        28 or 29 => Function + number - 14,
        >= 31 and <= 34 => Function + number - 15,
        _ => 0,
    };
}
