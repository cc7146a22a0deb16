namespace ZoneTierFS.Engine.Placement;

/// <summary>Recognises names that a program gives a file only until it is complete, and finds the final name in them.</summary>
internal static class ScratchName
{
    private static readonly byte[][] s_endings =
    [
        ".incomplete"u8.ToArray(), // Hugging Face hub
        "-partial"u8.ToArray(), // ollama
        ".partial"u8.ToArray(),
        ".part"u8.ToArray(),
        ".crdownload"u8.ToArray(),
        ".download"u8.ToArray(),
        ".temp"u8.ToArray(),
        ".tmp"u8.ToArray(),
    ];

    /// <summary>False when the name is an ordinary one; then <paramref name="finalPath"/> is the path itself.</summary>
    public static bool TryStrip(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> finalPath)
    {
        finalPath = path;
        int nameStart = path.LastIndexOf((byte)'/') + 1;
        ReadOnlySpan<byte> name = path[nameStart..];
        int inner = name.IndexOf(".tmp."u8); // SGLang: page.bin.tmp.<process>.<thread>.<random>
        if (inner > 0)
        {
            finalPath = path[..(nameStart + inner)];
            return true;
        }
        foreach (byte[] ending in s_endings)
        {
            if (name.EndsWith(ending) && name.Length > ending.Length)
            {
                finalPath = path[..^ending.Length];
                finalPath = finalPath[..^TokenLength(name[..^ending.Length])];
                return true;
            }
        }
        return name.StartsWith(".tmp"u8); // safetensors and others: a random name beside the final one
    }

    /// <summary>Bytes of a random number that follows the real extension, as in vLLM's block.bin_4711.tmp; 0 where there is none.</summary>
    private static int TokenLength(ReadOnlySpan<byte> name)
    {
        int dot = name.LastIndexOf((byte)'.');
        int token = name.LastIndexOf((byte)'_');
        bool digits = token >= 0 && token + 1 < name.Length && !name[(token + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9');
        return dot > 0 && token > dot && digits ? name.Length - token : 0;
    }
}
