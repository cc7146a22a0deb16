using System.Buffers.Binary;

namespace ZoneTierFS.Engine.Placement;

/// <summary>Tells the formats of model files apart by their first bytes.</summary>
internal static class ContentSniffer
{
    /// <summary>The largest header that the safetensors format allows, bytes.</summary>
    private const ulong SafetensorsHeaderMax = 100_000_000;

    /// <summary>The exact header length that LMCache pads its KV chunks to, so that the data begins at 4 KiB.</summary>
    private const ulong KvChunkHeader = 4088;

    private static readonly (byte[] Magic, ContentKind Kind)[] s_magics =
    [
        ("GGUF"u8.ToArray(), ContentKind.Gguf),
        ("nsgg"u8.ToArray(), ContentKind.LlamaState), // 0x6767736e, a session or prompt cache
        ("qsgg"u8.ToArray(), ContentKind.LlamaState), // 0x67677371, the state of one sequence
        ("lmgg"u8.ToArray(), ContentKind.Ggml), // 0x67676d6c, still written for whisper.cpp
        ("fmgg"u8.ToArray(), ContentKind.Ggml), // 0x67676d66
        ("tjgg"u8.ToArray(), ContentKind.Ggml), // 0x67676a74
        ("algg"u8.ToArray(), ContentKind.GgmlAdapter), // 0x67676c61
        ("PK\x03\x04"u8.ToArray(), ContentKind.Zip),
        // A pickled 0x1950a86a20f9469cfc6c: how torch.save began before it wrote zip archives.
        ([0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19], ContentKind.TorchPickle),
        ([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'], ContentKind.Numpy),
        ("ARROW1"u8.ToArray(), ContentKind.Arrow),
        ("PAR1"u8.ToArray(), ContentKind.Parquet),
        ("MMIDIDX"u8.ToArray(), ContentKind.TokenIndex),
    ];

    /// <summary>One kind, never a combination.</summary>
    /// <param name="head">The file's first bytes as far as they are known.</param>
    /// <param name="known">False while nothing is written at offset 0.</param>
    public static ContentKind Sniff(ReadOnlySpan<byte> head, bool known)
    {
        // Zeros at the start are a download whose first piece is still to come: it was made at its full size and is filled out of order.
        if (!known || !head.ContainsAnyExcept((byte)0))
        {
            return ContentKind.Unknown;
        }
        foreach ((byte[] magic, ContentKind kind) in s_magics)
        {
            if (head.StartsWith(magic))
            {
                return kind == ContentKind.Gguf && GgufHeader.IsAdapter(head) ? ContentKind.GgufAdapter : kind;
            }
        }
        return Safetensors(head);
    }

    private static ContentKind Safetensors(ReadOnlySpan<byte> head)
    {
        if (head.Length < 10 || head[8] != '{' || !"\" }\n"u8.Contains(head[9]))
        {
            return ContentKind.Plain;
        }
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(head);
        if (length is < 2 or > SafetensorsHeaderMax)
        {
            return ContentKind.Plain;
        }
        ReadOnlySpan<byte> header = head[8..];
        header = header[..(int)Math.Min((ulong)header.Length, length)];
        bool kv = (length == KvChunkHeader && header.IndexOf("kvcache"u8) >= 0)
            || header.IndexOf("\"kv_cache\":"u8) >= 0 || header.IndexOf("\"ec_cache\":"u8) >= 0;
        if (kv)
        {
            return ContentKind.SafetensorsKv;
        }
        bool adapter = header.IndexOf(".lora_"u8) >= 0; // .lora_A. and .lora_B., or .lora_up. and .lora_down.
        return adapter ? ContentKind.SafetensorsAdapter : ContentKind.Safetensors;
    }
}
