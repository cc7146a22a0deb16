using System.Runtime.CompilerServices;

namespace ZoneTierFS.Simulation;

/// <summary>The message of a demand, built only where the demand is not met.</summary>
[InterpolatedStringHandler]
public ref struct ViolationMessage
{
    private DefaultInterpolatedStringHandler _text;

    public ViolationMessage(int literalLength, int formattedCount, bool condition, out bool isBuilt)
    {
        isBuilt = !condition;
        _text = isBuilt ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string literal) => _text.AppendLiteral(literal);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    internal string ToText() => _text.ToStringAndClear();
}
