using System.Text;
using Xunit;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Placement;

public class ClassifierTests
{
    private static readonly Classifier s_classifier = new([]);

    [Fact]
    public void Every_file_of_the_corpus_gets_its_class()
    {
        List<string> wrong = [];
        foreach (ClassifierCorpus.Sample sample in ClassifierCorpus.All)
        {
            Classification result = Classify(s_classifier, sample);
            if (result.Class != sample.Class || result.Becomes != sample.Becomes)
            {
                wrong.Add($"{sample} is {result.Class} ({result.Reason}, becomes {result.Becomes}) instead of {sample.Class} ({sample.Becomes})");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void No_kv_cache_is_taken_for_weights_whatever_its_first_bytes_are()
    {
        byte[]?[] heads =
        [
            null, [], new byte[64], Heads.Tensor(1), Heads.Tensor(2), [0x00, 0x3C, 0x00, 0x3C], Heads.SafetensorsLayerKv, Heads.SafetensorsKvChunk,
        ];
        foreach (ClassifierCorpus.Sample sample in ClassifierCorpus.KvCaches)
        {
            foreach (byte[]? head in heads.Append(sample.Head))
            {
                Classification result = Classify(s_classifier, sample with { Head = head });
                Assert.True(result.Class != FileClass.Weights && result.Becomes is null or FileClass.Kv, $"{sample} is {result}");
                Assert.False(PlacementPolicy.PrefersCapacityTier(result.Class, 1L << 40, result.Becomes), $"{sample} goes to the capacity tier");
            }
        }
    }

    [Fact]
    public void Every_built_in_rule_decides_some_file_of_the_corpus()
    {
        IEnumerable<ClassReason> seen = ClassifierCorpus.All.Select(sample => Classify(s_classifier, sample).Reason).Distinct();
        ClassReason[] unused = [.. Enum.GetValues<ClassReason>().Except(seen).Except([ClassReason.ExplicitAttribute, ClassReason.ConfiguredGlob])];
        Assert.Empty(unused);
    }

    [Fact]
    public void The_first_configured_rule_that_matches_comes_before_all_others()
    {
        Classifier configured = new([new("tenants/*/models/**", FileClass.Dataset), new("tenants/**", FileClass.Kv)]);
        ClassifierCorpus.Sample model = new("", "tenants/a/models/x/llama.gguf", Heads.GgufModel, FileClass.Dataset);
        Assert.Equal(new Classification(FileClass.Dataset, ClassReason.ConfiguredGlob), Classify(configured, model));
        Assert.Equal(new Classification(FileClass.Kv, ClassReason.ConfiguredGlob), Classify(configured, model with { Path = "tenants/a/llama.gguf" }));
        Assert.Equal(new Classification(FileClass.Weights, ClassReason.GgufMagic), Classify(configured, model with { Path = "llama.gguf" }));
    }

    [Fact]
    public void Classifying_allocates_nothing()
    {
        Classifier configured = new([new("tenants/*/models/**", FileClass.Dataset)]);
        byte[] path = Encoding.UTF8.GetBytes("some/where/deep/nothing-special.dat");
        byte[] head = Heads.Tensor();
        configured.Classify(new ClassificationInput { Path = path, Head = head, HeadKnown = true });
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            configured.Classify(new ClassificationInput { Path = path, Head = head, HeadKnown = true });
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Random_heads_and_truncated_ones_never_throw()
    {
        Random random = new(7);
        byte[][] starts = [Heads.GgufModel, Heads.GgufLora, Heads.SafetensorsModel, Heads.SafetensorsKvChunk, Heads.TorchZip(), Heads.Numpy];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] head = [.. starts[random.Next(starts.Length)]];
            head = head[..random.Next(head.Length + 1)];
            for (int flips = random.Next(4); flips > 0 && head.Length > 0; flips--)
            {
                head[random.Next(head.Length)] = (byte)random.Next(256);
            }
            ContentKind kind = ContentSniffer.Sniff(head, known: true);
            Assert.True(int.IsPow2((int)kind), $"{kind} is not one kind");
        }
    }

    [Fact]
    public void Lying_metadata_counts_are_no_trouble()
    {
        byte[] head = Heads.GgufLora;
        head.AsSpan(16, 8).Fill(0xFF);
        Assert.Equal(ContentKind.GgufAdapter, ContentSniffer.Sniff(head, known: true));
        byte[] huge = Heads.Gguf(("general.sizes", new uint[] { 1, 2 }), ("general.type", "adapter"));
        int count = huge.AsSpan().IndexOf("general.sizes"u8) + "general.sizes".Length + 8;
        huge.AsSpan(count, 8).Fill(0xFF);
        Assert.Equal(ContentKind.Gguf, ContentSniffer.Sniff(huge, known: true));
    }

    [Fact]
    public void Every_reason_has_words_of_its_own()
    {
        string[] texts = [.. Enum.GetValues<ClassReason>().Select(ClassReasons.Text)];
        Assert.Equal(texts.Length, texts.Distinct().Count());
        Assert.DoesNotContain(texts, text => text.Contains("newer version", StringComparison.Ordinal));
        Assert.Equal("file starts with the GGUF magic", ClassReasons.Text(ClassReason.GgufMagic));
        Assert.Equal("rule 250 of a newer version applies to the file", ClassReasons.Text((ClassReason)250));
    }

    private static Classification Classify(Classifier classifier, ClassifierCorpus.Sample sample) => classifier.Classify(new ClassificationInput
    {
        Path = Encoding.UTF8.GetBytes(sample.Path),
        Head = sample.Head,
        HeadKnown = sample.Head is not null,
        DirectoryNamesInferenceEngine = sample.BesideEngineConfig,
    });
}
