using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace ZoneTierFS.Simulation;

/// <summary>An interpolated message for <see cref="WorldTrace"/>: its values are always hashed, its text is built only when someone reads it.</summary>
[InterpolatedStringHandler]
public readonly ref struct TraceMessage
{
    private readonly WorldTrace _trace;
    private readonly StringBuilder? _text;

    public TraceMessage(int literalLength, int formattedCount, WorldTrace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        _trace = trace;
        _text = trace.IsWritten ? new StringBuilder(literalLength + (8 * formattedCount)) : null;
    }

    public void AppendLiteral(string literal) => _text?.Append(literal);

    public void AppendFormatted(long value)
    {
        _trace.Add(value);
        _text?.Append(value);
    }

    public void AppendFormatted(ulong value, string? format = null)
    {
        _trace.Add((long)value);
        _text?.Append(value.ToString(format, CultureInfo.InvariantCulture));
    }

    public void AppendFormatted(bool value)
    {
        _trace.Add(value ? 1 : 0);
        _text?.Append(value);
    }

    public void AppendFormatted(string? value)
    {
        _trace.Add(value);
        _text?.Append(value);
    }

    public void AppendFormatted<T>(T value)
        where T : struct, Enum
    {
        _trace.Add(Convert.ToInt64(value, CultureInfo.InvariantCulture));
        _text?.Append(value);
    }

    internal string ToText() => _text?.ToString() ?? "";
}
