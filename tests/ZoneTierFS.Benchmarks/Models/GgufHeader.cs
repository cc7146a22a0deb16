using System.Text;

namespace ZoneTierFS.Benchmarks.Models;

/// <summary>Builds the part of a GGUF (version 3) file that precedes the tensors: counts, metadata and the tensors' directory. Little-endian.</summary>
internal sealed class GgufHeader
{
    private const uint Version = 3;
    private const uint TypeF32 = 0;
    private const uint TypeF16 = 1;

    private readonly List<Action<BinaryWriter>> _metadata = [];
    private readonly List<Action<BinaryWriter>> _directory = [];

    /// <summary>GGUF's type tags of metadata values.</summary>
    private enum ValueKind : uint
    {
        UInt32 = 4,
        Int32 = 5,
        Float32 = 6,
        Bool = 7,
        String = 8,
        Array = 9,
    }

    public void Add(string key, uint value) => Add(key, ValueKind.UInt32, writer => writer.Write(value));

    public void Add(string key, float value) => Add(key, ValueKind.Float32, writer => writer.Write(value));

    public void Add(string key, bool value) => Add(key, ValueKind.Bool, writer => writer.Write(value));

    public void Add(string key, string value) => Add(key, ValueKind.String, writer => WriteString(writer, value));

    public void Add(string key, IReadOnlyCollection<string> values) => AddArray(key, ValueKind.String, values, WriteString);

    public void Add(string key, IReadOnlyCollection<float> values) => AddArray(key, ValueKind.Float32, values, (writer, value) => writer.Write(value));

    public void Add(string key, IReadOnlyCollection<int> values) => AddArray(key, ValueKind.Int32, values, (writer, value) => writer.Write(value));

    /// <param name="tensor">The tensor that follows those added before.</param>
    /// <param name="offset">Bytes from the start of the tensors' part of the file.</param>
    public void Add(ModelTensor tensor, long offset) => _directory.Add(writer =>
    {
        WriteString(writer, tensor.Name);
        writer.Write(tensor.IsVector ? 1u : 2u);
        writer.Write((ulong)tensor.Columns);
        if (!tensor.IsVector)
            writer.Write((ulong)tensor.Rows);
        writer.Write(tensor.IsVector ? TypeF32 : TypeF16);
        writer.Write((ulong)offset);
    });

    /// <summary>The whole header, padded so that the tensors begin aligned.</summary>
    public byte[] Build()
    {
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_directory.Count);
        writer.Write((ulong)_metadata.Count);
        foreach (Action<BinaryWriter> write in _metadata.Concat(_directory))
            write(writer);
        writer.Write(new byte[LlamaModel.Padded(file.Length) - file.Length]);
        return file.ToArray();
    }

    private void AddArray<T>(string key, ValueKind kind, IReadOnlyCollection<T> values, Action<BinaryWriter, T> write) => Add(key, ValueKind.Array, writer =>
    {
        writer.Write((uint)kind);
        writer.Write((ulong)values.Count);
        foreach (T value in values)
            write(writer, value);
    });

    private void Add(string key, ValueKind kind, Action<BinaryWriter> write) => _metadata.Add(writer =>
    {
        WriteString(writer, key);
        writer.Write((uint)kind);
        write(writer);
    });

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
