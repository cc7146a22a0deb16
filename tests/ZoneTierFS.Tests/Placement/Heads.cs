using System.Buffers.Binary;
using System.Text;

namespace ZoneTierFS.Tests.Placement;

/// <summary>First bytes of files as the runtimes write them.</summary>
internal static class Heads
{
    public static byte[]? Unwritten => null;

    public static byte[] Gguf(params (string Key, object Value)[] metadata)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write(291L);
        writer.Write((long)metadata.Length);
        foreach ((string key, object value) in metadata)
        {
            WriteText(writer, key);
            WriteValue(writer, value);
        }
        return stream.ToArray();
    }

    public static byte[] GgufModel => Gguf(("general.architecture", "llama"), ("general.type", "model"), ("general.name", "Llama 3.2 1B"));

    public static byte[] GgufLora => Gguf(("general.architecture", "llama"), ("general.tags", new[] { "lora", "chat" }), ("general.sizes", new uint[] { 1, 2 }),
        ("general.file_type", 1u), ("general.type", "adapter"), ("adapter.type", "lora"));

    public static byte[] Safetensors(string json, int? paddedTo = null)
    {
        json = json.PadRight(paddedTo ?? json.Length);
        byte[] head = new byte[8 + json.Length + 64];
        BinaryPrimitives.WriteInt64LittleEndian(head, json.Length);
        Encoding.UTF8.GetBytes(json, head.AsSpan(8));
        return head[..Math.Min(head.Length, 4096)];
    }

    public static byte[] SafetensorsModel => Safetensors(
        """{"__metadata__":{"format":"pt"},"model.layers.0.self_attn.q_proj.weight":{"dtype":"BF16","shape":[64,64],"data_offsets":[0,8192]}}""");

    public static byte[] SafetensorsLora => Safetensors(
        """{"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight":{"dtype":"F32","shape":[8,64],"data_offsets":[0,2048]}}""");

    public static byte[] SafetensorsLayerKv => Safetensors("""{"kv_cache":{"dtype":"BF16","shape":[2,128,8,64],"data_offsets":[0,262144]}}""");

    public static byte[] SafetensorsKvChunk => Safetensors(
        """{"kvcache":{"dtype":"BF16","shape":[2,32,256,1024],"data_offsets":[0,33554432]},"__metadata__":{"format":"pt"}}""", 4088);

    /// <summary>A local file header of a zip archive, stored, with the name of its first entry.</summary>
    public static byte[] TorchZip(string entry = "archive/data.pkl") =>
        [.. "PK\x03\x04"u8, 0, 0, 8, 8, .. new byte[18], (byte)entry.Length, 0, 0, 0, .. Encoding.UTF8.GetBytes(entry), 0x80, 0x02];

    public static byte[] TorchPickle => [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E, 0x80, 0x02, 0x4D];

    public static byte[] Magic(uint magic, uint version) => [.. BitConverter.GetBytes(magic), .. BitConverter.GetBytes(version), .. new byte[32]];

    public static byte[] Numpy => [0x93, .. "NUMPY"u8, 1, 0, 0x76, 0, .. "{'descr': '<f2', 'fortran_order': False, 'shape': (512, 64, 128), }"u8];

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Activations in 16-bit floating point: what a raw KV block looks like.</summary>
    public static byte[] Tensor(int seed = 1)
    {
        Random random = new(seed);
        byte[] head = new byte[4096];
        for (int i = 0; i < head.Length; i += 2)
        {
            BinaryPrimitives.WriteHalfLittleEndian(head.AsSpan(i), (Half)((random.NextDouble() * 4) - 2));
        }
        return head;
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                writer.Write(8);
                WriteText(writer, text);
                break;
            case uint number:
                writer.Write(4);
                writer.Write(number);
                break;
            case string[] texts:
                writer.Write(9);
                writer.Write(8);
                writer.Write((long)texts.Length);
                Array.ForEach(texts, text => WriteText(writer, text));
                break;
            case uint[] numbers:
                writer.Write(9);
                writer.Write(4);
                writer.Write((long)numbers.Length);
                Array.ForEach(numbers, writer.Write);
                break;
            default:
                throw new ArgumentException($"No GGUF type for {value.GetType()}.", nameof(value));
        }
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        writer.Write((long)text.Length);
        writer.Write(Encoding.UTF8.GetBytes(text));
    }
}
