using System.Runtime.InteropServices;

namespace ZoneTierFS.Benchmarks.Models;

/// <summary>Writes a model as a GGUF file that llama.cpp loads; it talks nonsense, but always the same nonsense for one prompt.</summary>
internal static class GgufModelFile
{
    private const int BufferBytes = 4 << 20;
    private const uint ContextTokens = 8192;
    private const uint MostlyHalfPrecision = 1;

    /// <returns>Bytes written.</returns>
    public static long Write(string path, LlamaModel model, ulong seed)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Write(BuildHeader(model, seed));
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        foreach (ModelTensor tensor in model.Tensors)
        {
            if (tensor.IsVector)
                WriteOnes(file, buffer, tensor);
            else
                WriteMatrix(file, buffer, tensor, seed);
            file.Write(new byte[LlamaModel.Padded(tensor.Bytes) - tensor.Bytes]);
        }
        return file.Length;
    }

    private static byte[] BuildHeader(LlamaModel model, ulong seed)
    {
        (ModelShape shape, SyntheticVocabulary vocabulary) = (model.Shape, model.Vocabulary);
        GgufHeader header = new();
        header.Add("general.architecture", "llama");
        header.Add("general.name", $"random weights, {shape.Layers} layers, seed {seed}");
        header.Add("general.file_type", MostlyHalfPrecision);
        header.Add("general.alignment", LlamaModel.Alignment);
        header.Add("llama.context_length", ContextTokens);
        header.Add("llama.embedding_length", (uint)shape.Embedding);
        header.Add("llama.block_count", (uint)shape.Layers);
        header.Add("llama.feed_forward_length", (uint)shape.FeedForward);
        header.Add("llama.attention.head_count", (uint)shape.Heads);
        header.Add("llama.attention.head_count_kv", (uint)shape.KeyValueHeads);
        header.Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        header.Add("llama.rope.dimension_count", (uint)shape.HeadSize);
        header.Add("llama.rope.freq_base", 10_000f);
        header.Add("llama.vocab_size", (uint)vocabulary.Tokens.Count);
        header.Add("tokenizer.ggml.model", "llama");
        header.Add("tokenizer.ggml.pre", "default");
        header.Add("tokenizer.ggml.tokens", [.. vocabulary.Tokens.Select(token => token.Text)]);
        header.Add("tokenizer.ggml.scores", [.. vocabulary.Tokens.Select(token => token.Score)]);
        header.Add("tokenizer.ggml.token_type", [.. vocabulary.Tokens.Select(token => (int)token.Kind)]);
        header.Add("tokenizer.ggml.unknown_token_id", 0u);
        header.Add("tokenizer.ggml.bos_token_id", 1u);
        header.Add("tokenizer.ggml.eos_token_id", 2u);
        header.Add("tokenizer.ggml.add_bos_token", true);
        header.Add("tokenizer.ggml.add_eos_token", false);
        long offset = 0;
        foreach (ModelTensor tensor in model.Tensors)
        {
            header.Add(tensor, offset);
            offset += LlamaModel.Padded(tensor.Bytes);
        }
        return header.Build();
    }

    private static void WriteOnes(FileStream file, byte[] buffer, ModelTensor tensor)
    {
        Span<byte> bytes = buffer.AsSpan(0, (int)tensor.Bytes);
        MemoryMarshal.Cast<byte, float>(bytes).Fill(1);
        file.Write(bytes);
    }

    private static void WriteMatrix(FileStream file, byte[] buffer, ModelTensor tensor, ulong seed)
    {
        RandomHalves random = new(seed, tensor.Name, tensor.Deviation);
        long zeroes = (long)tensor.ZeroRows * tensor.Columns;
        long all = (long)tensor.Rows * tensor.Columns;
        for (long index = 0; index < all;)
        {
            bool zero = index < zeroes;
            Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(buffer.Length, ((zero ? zeroes : all) - index) * sizeof(ushort)));
            if (zero)
                bytes.Clear();
            else
                random.Fill(index, MemoryMarshal.Cast<byte, ushort>(bytes));
            file.Write(bytes);
            index += bytes.Length / sizeof(ushort);
        }
    }
}
