namespace ZoneTierFS.Fuzz.Images;

/// <summary>Mutants by number. Safe to use from several threads.</summary>
internal interface IMutantRun
{
    /// <summary>What came of them so far.</summary>
    string Summary { get; }

    /// <summary>What was done to a mutant, in words.</summary>
    string Describe(int number);

    /// <summary>Makes and judges one. Throws whatever it brings about that must not be.</summary>
    void Judge(int number);
}
