using System.Runtime.InteropServices;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>Bytes that say who wrote them: each eight follow from the write's tag and their place in it, so that no two writes have them in common.</summary>
internal static class CrashContent
{
    /// <param name="tag">Never given to two writes of a run.</param>
    public static byte[] Of(ulong tag, int length)
    {
        var words = new ulong[(length + 7) / 8];
        for (var i = 0; i < words.Length; i++)
            words[i] = Mixed(tag * 0x9E3779B97F4A7C15 + (ulong)i + 1);
        return MemoryMarshal.AsBytes(words.AsSpan())[..length].ToArray();
    }

    /// <summary>The last step of splitmix64.</summary>
    private static ulong Mixed(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
