using System.Diagnostics.CodeAnalysis;

namespace ZoneTierFS.Engine;

/// <summary>Checks that stay on in release: a broken one is a bug, and stopping beats writing wrong bytes.</summary>
internal static class Invariant
{
    public static void Holds([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition) throw new InvalidOperationException($"Invariant broken: {rule}.");
    }
}
