using System.Text;

namespace ZoneTierFS.Engine.Placement;

/// <summary>
/// A compiled pattern over paths in UTF-8. All states that the pattern can be in are followed at once, so the cost is at most
/// pattern length × path length: no pattern of a configuration can make a lookup slow.
/// </summary>
/// <remarks>
/// <c>?</c> is one character and <c>*</c> any run of them, both without slashes; <c>**</c> is any run with slashes, and <c>**/</c> at the start of
/// a name is any number of directories, none included. Built-in rules may also use <c>{hex}</c>, <c>{hex:3}</c>, <c>{hex:32+}</c> (lower-case
/// hexadecimal digits: some, exactly 3, at least 32) and <c>{int}</c> (some decimal digits).
/// </remarks>
internal sealed class PathPattern
{
    /// <summary>The longest pattern after compilation; a literal byte is one step.</summary>
    public const int StepsMax = 1024;

    private readonly Step[] _steps;
    private readonly byte[] _literalEnd;

    private PathPattern(List<Step> steps)
    {
        if (steps.Count > StepsMax)
        {
            throw new ArgumentException($"The pattern has {steps.Count} steps; at most {StepsMax} are allowed.");
        }
        _steps = [.. steps];
        int literals = 0;
        while (literals < _steps.Length && _steps[^(literals + 1)] is { Accepts: ByteSet.Literal, Repeats: false })
        {
            literals++;
        }
        _literalEnd = [.. _steps[^literals..].Select(step => step.Value)];
    }

    /// <summary>Compiles a user's glob, in which braces are ordinary characters.</summary>
    /// <exception cref="ArgumentException">The glob needs more than <see cref="StepsMax"/> steps.</exception>
    public static PathPattern FromGlob(string glob) => Compile(glob, withRuns: false);

    /// <summary>Compiles a built-in rule's pattern, which may contain runs of digits in braces.</summary>
    public static PathPattern FromRule(string pattern) => Compile(pattern, withRuns: true);

    /// <summary>Whether the whole path matches. The path has no leading slash.</summary>
    public bool Matches(ReadOnlySpan<byte> path)
    {
        // Most rules end in a file name extension, so most paths are dismissed here.
        if (!path.EndsWith(_literalEnd))
        {
            return false;
        }
        int words = (_steps.Length >> 6) + 1;
        Span<ulong> states = stackalloc ulong[words];
        Span<ulong> next = stackalloc ulong[words];
        states.Clear();
        Enter(states, 0);
        foreach (byte value in path)
        {
            next.Clear();
            if (!Advance(states, next, value))
            {
                return false;
            }
            Span<ulong> spent = states;
            states = next;
            next = spent;
        }
        return (states[_steps.Length >> 6] >> (_steps.Length & 63) & 1) != 0;
    }

    private bool Advance(Span<ulong> states, Span<ulong> next, byte value)
    {
        bool alive = false;
        for (int word = 0; word < states.Length; word++)
        {
            for (ulong rest = states[word]; rest != 0; rest &= rest - 1)
            {
                int state = (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(rest);
                if (state < _steps.Length && _steps[state].Takes(value))
                {
                    Enter(next, _steps[state].Repeats ? state : state + 1);
                    alive = true;
                }
            }
        }
        return alive;
    }

    /// <summary>Marks a state and all that it reaches without a byte: behind a repetition that may be empty, and past optional directories.</summary>
    private void Enter(Span<ulong> states, int state)
    {
        for (; (states[state >> 6] >> (state & 63) & 1) == 0; state++)
        {
            states[state >> 6] |= 1UL << (state & 63);
            if (state == _steps.Length || (_steps[state].Accepts != ByteSet.OptionalDirectories && !_steps[state].Repeats))
            {
                return;
            }
            if (_steps[state].Accepts == ByteSet.OptionalDirectories)
            {
                Enter(states, state + OptionalDirectoriesSteps);
            }
        }
    }

    /// <summary>The marker itself, any run of bytes, and a slash.</summary>
    private const int OptionalDirectoriesSteps = 3;

    private static PathPattern Compile(string pattern, bool withRuns)
    {
        List<Step> steps = [];
        byte[] text = Encoding.UTF8.GetBytes(pattern);
        for (int i = 0; i < text.Length; i++)
        {
            bool nameStarts = i == 0 || text[i - 1] == '/';
            ReadOnlySpan<byte> rest = text.AsSpan(i);
            if (nameStarts && rest.StartsWith("**/"u8))
            {
                steps.AddRange([new(ByteSet.OptionalDirectories), new(ByteSet.Any, Repeats: true), new(ByteSet.Slash)]);
                i += 2;
            }
            else if (rest.StartsWith("**"u8))
            {
                steps.Add(new(ByteSet.Any, Repeats: true));
                i++;
            }
            else if (withRuns && rest[0] == '{')
            {
                int length = rest.IndexOf((byte)'}');
                AddRun(steps, Encoding.UTF8.GetString(rest[1..length]));
                i += length;
            }
            else
            {
                AddSimple(steps, text[i]);
            }
        }
        return new PathPattern(steps);
    }

    private static void AddSimple(List<Step> steps, byte value)
    {
        switch (value)
        {
            case (byte)'*':
                steps.Add(new(ByteSet.NotSlash, Repeats: true));
                break;
            case (byte)'?':
                // One character of up to four bytes: its first byte and whatever continues it.
                steps.AddRange([new(ByteSet.CharacterStart), new(ByteSet.Continuation, Repeats: true)]);
                break;
            default:
                steps.Add(new(ByteSet.Literal, value));
                break;
        }
    }

    private static void AddRun(List<Step> steps, string run)
    {
        string[] parts = run.Split(':');
        ByteSet set = parts[0] switch
        {
            "hex" => ByteSet.Hexadecimal,
            "int" => ByteSet.Decimal,
            _ => throw new ArgumentException($"Unknown run of characters {{{run}}} in a rule's pattern."),
        };
        bool open = parts.Length == 1 || parts[1].EndsWith('+');
        int count = parts.Length == 1 ? 1 : int.Parse(parts[1].TrimEnd('+'), System.Globalization.CultureInfo.InvariantCulture);
        steps.AddRange(Enumerable.Repeat(new Step(set), count));
        if (open)
        {
            steps.Add(new(set, Repeats: true));
        }
    }

    private enum ByteSet : byte
    {
        Literal,
        Slash,
        NotSlash,
        CharacterStart,
        Continuation,
        Any,
        Hexadecimal,
        Decimal,
        OptionalDirectories,
    }

    private readonly record struct Step(ByteSet Accepts, byte Value = 0, bool Repeats = false)
    {
        public bool Takes(byte value) => Accepts switch
        {
            ByteSet.Literal => value == Value,
            ByteSet.Slash => value == '/',
            ByteSet.NotSlash => value != '/',
            ByteSet.CharacterStart => value != '/' && (value & 0xC0) != 0x80,
            ByteSet.Continuation => (value & 0xC0) == 0x80,
            ByteSet.Any => true,
            ByteSet.Hexadecimal => value is >= (byte)'0' and <= (byte)'9' or >= (byte)'a' and <= (byte)'f',
            ByteSet.Decimal => value is >= (byte)'0' and <= (byte)'9',
            _ => false,
        };
    }
}
