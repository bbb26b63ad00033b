# Written by `driftscope complete bash`. Change the tables in viz/cli, not this file.
_driftscope()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=
    local commands='train study eval import attend drift transplant decompose figure report view export info data bench doctor'

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$commands help --help --version" -- "$word"))
        return
    fi
    case ${COMP_WORDS[1]}:$before in
    help:*) words=$commands ;;
    train:--preset) words='attn-distill cifar100-paper cifar100-tiny derpp domainnet-10 domainnet-100 domainnet-50 ewc-facil fashion5 imagenet-r-10 imagenet-r-100 imagenet-r-20 imagenet-r-50 inflora pacs-tiny ranpac slca' ;;
    train:--stream) words='class domain' ;;
    train:--pool) words='cls mean' ;;
    train:--fc-norm) words='auto no yes' ;;
    train:--act) words='gelu gelu_tanh quick_gelu' ;;
    train:--warmstart) words='none rotation' ;;
    train:--loss) words='auto local seen' ;;
    train:--joint) words='cumulative full' ;;
    train:--ewc-fisher) words='true argmax sample' ;;
    train:--ewc-fusion) words='sum separate average' ;;
    train:--distill) words='symmetric asymmetric js l1' ;;
    train:--distill-pool) words='height width spatial gap pixel' ;;
    train:--distill-rows) words='all cls' ;;
    train:--replay) words='none er derpp er-ace' ;;
    train:--replay-draw) words='uniform balanced' ;;
    train:--retain-preset) words='adaptive paper official' ;;
    train:--mask-axis) words='preset query key both' ;;
    train:--threshold) words='preset ecdf knee' ;;
    train:--threshold-window) words='preset sample shifted' ;;
    train:--mask-source) words='preset clean last-epoch' ;;
    train:--mask-reduce) words='preset class sample' ;;
    train:--mask-history) words='preset cumulative last min' ;;
    train:--mask-region) words='attention nonattention random uniform' ;;
    train:--retain-mode) words='update gradient' ;;
    train:--optimizer) words='adam adamw sgd' ;;
    train:--schedule) words='constant step multistep cosine' ;;
    train:--head-init) words='preset fresh reuse' ;;
    train:--precision) words='fp32 bf16' ;;
    study:--spread) words='ci sd' ;;
    study:--format) words='auto text csv tsv json latex markdown' ;;
    study:--interval) words='bca percentile' ;;
    eval:--precision) words='auto fp32 bf16' ;;
    eval:--pool) words='auto cls mean' ;;
    eval:--pos-resize) words='timm transformers dino bilinear' ;;
    import:--pool) words='auto cls mean' ;;
    import:--pos-resize) words='timm transformers dino bilinear' ;;
    attend:--source) words='rollout raw gradient chefer' ;;
    attend:--fusion) words='mean max min' ;;
    attend:--compat) words='none vit-explain' ;;
    attend:--precision) words='fp32 bf16' ;;
    attend:--pool) words='auto cls mean' ;;
    attend:--pos-resize) words='timm transformers dino bilinear' ;;
    drift:--what) words='maps features weights' ;;
    drift:--by) words='auto layer class task image timeline head' ;;
    drift:--reference) words='auto own previous first' ;;
    drift:--format) words='auto text csv tsv json latex markdown' ;;
    drift:--interval) words='bca percentile' ;;
    drift:--source) words='rollout raw gradient chefer' ;;
    drift:--fusion) words='mean max min' ;;
    drift:--compat) words='none vit-explain' ;;
    drift:--pool) words='auto cls mean' ;;
    drift:--pos-resize) words='timm transformers dino bilinear' ;;
    transplant:--by) words='layer cumulative head all task' ;;
    transplant:--direction) words='both forward converse' ;;
    transplant:--format) words='auto text csv tsv json latex markdown' ;;
    transplant:--interval) words='bca percentile' ;;
    transplant:--pool) words='auto cls mean' ;;
    transplant:--pos-resize) words='timm transformers dino bilinear' ;;
    decompose:--by) words='layer head task all' ;;
    decompose:--metric) words='tv js relfro' ;;
    decompose:--query) words='cls all' ;;
    decompose:--format) words='auto text csv tsv json latex markdown' ;;
    decompose:--interval) words='bca percentile' ;;
    decompose:--pool) words='auto cls mean' ;;
    decompose:--pos-resize) words='timm transformers dino bilinear' ;;
    figure:--image-format) words='lossless jpeg' ;;
    figure:--protocol) words='class task' ;;
    figure:--head) words='refined raw both' ;;
    figure:--range) words='auto shared own' ;;
    figure:--band) words='ci sd none' ;;
    figure:--by) words='class task image' ;;
    report:--protocol) words='class task' ;;
    export:--reference) words='own previous first' ;;
    export:--spread) words='ci sd' ;;
    export:--format) words='auto text csv tsv json latex markdown' ;;
    export:--interval) words='bca percentile' ;;
    bench:--only) words='forward rollout step subset arcl all' ;;
    bench:--precision) words='fp32 bf16' ;;
    esac
    if [ -z "$words" ] && [[ $word == -* ]]; then
        case ${COMP_WORDS[1]} in
        train) words=' --out --preset --config --like --resume --dry-run --data --image-size --eval-transform --transform --domain --skip-broken --stream --tasks --base-classes --order --train-limit --eval-limit --pad --flip --mean --std --patch --dim --depth --heads --mlp-ratio --registers --no-qkv-bias --layer-scale --pool --eps --fc-norm --act --swiglu --pre-norm --no-cls-token --dist-token --no-prefix-position --no-patch-bias --init --warmstart --warmstart-steps --warmstart-lr --method --trainable --freeze-last --loss --joint --ewc-lambda --ewc-fisher --ewc-fusion --ewc-gamma --ewc-clip --si-c --si-xi --lwf-lambda --lwf-temperature --distill --distill-pool --distill-mu --distill-layers --distill-rows --replay --buffer --replay-batch --replay-draw --replay-alpha --replay-beta --ranpac-width --fecam-shrinkage --fecam-power --lora-rank --inflora-energy --inflora-energy-end --retain-preset --mask-axis --threshold --threshold-eps --threshold-window --mask-source --mask-reduce --mask-history --mask-region --retain-mode --factor-clamp --optimizer --lr --qkv-scale --weight-decay --head-decay --momentum --nesterov --epochs --expand-times --batch --schedule --milestones --gamma --warmup --temperature --head-init --refine --refine-epochs --refine-samples --refine-batch --refine-lr --align-lr --align-norm --refine-decay --seed --threads --precision --recompute --save-every --save-seconds --eval-images --probe-images --no-feature-cache --feature-folder --quiet --verbose --help' ;;
        study) words=' --runs --cores --threads --print-commands --spread --format --json --out --notes --percent --bold --bootstrap --interval --seed --quiet --verbose --help' ;;
        eval) words=' --json --threads --precision --data --labels --skip-broken --heads --eps --act --pool --mean --std --transform --image-size --pos-resize --prefix --quiet --verbose --help' ;;
        import) words=' --out --verify --json --threads --heads --eps --act --pool --mean --std --transform --image-size --pos-resize --prefix --quiet --verbose --help' ;;
        attend) words=' --out --json --top --labels --no-logits --no-pixels --probe-images --layer --clip --all-heads --source --query --fusion --discard --start --class --compat --skip-broken --threads --precision --heads --eps --act --pool --mean --std --transform --image-size --pos-resize --prefix --quiet --verbose --help' ;;
        drift) words=' --what --metric --by --layer --reference --unlearned --list --images --labels --resample --no-cache --noise --null --link --format --json --out --notes --percent --bold --bootstrap --interval --seed --source --query --fusion --discard --start --class --compat --skip-broken --threads --heads --eps --act --pool --mean --std --transform --image-size --pos-resize --prefix --quiet --verbose --help' ;;
        transplant) words=' --by --direction --check --layer --head --images --labels --limit --threads --format --json --out --notes --percent --bold --bootstrap --interval --seed --heads --eps --act --pool --mean --std --transform --image-size --pos-resize --prefix --quiet --verbose --help' ;;
        decompose) words=' --by --metric --query --layer --head --images --labels --limit --threads --format --json --out --notes --percent --bold --bootstrap --interval --seed --heads --eps --act --pool --mean --std --transform --image-size --pos-resize --prefix --quiet --verbose --help' ;;
        figure) words=' --output --venue --column --full --width --height --font --dpi --image-format --cmap --title --no-note --layer --images --after --metric --reference --protocol --head --clip --no-smooth --outline --labels --xlabel --ylabel --range --lo --hi --no-bar --band --floor --no-hatch --by --show --x --y --low --high --series --where --spec --frames --check --list --quiet --verbose --help' ;;
        report) words=' --output --title --venue --font --dpi --metric --reference --protocol --no-smooth --outline --labels --quiet --verbose --help' ;;
        view) words=' --at --size --ui-scale --font --keys --script --headless --stats --quiet --verbose --help' ;;
        export) words=' --table --metric --reference --spread --list --format --json --out --notes --percent --bold --bootstrap --interval --seed --quiet --verbose --help' ;;
        info) words=' --json --quiet --verbose --help' ;;
        data) words=' --json --image-size --domain --skip-broken --quiet --verbose --help' ;;
        bench) words=' --case --only --rounds --threads --precision --against-torch --loader --transform --json --quiet --verbose --help' ;;
        doctor) words=' --json --quiet --verbose --help' ;;
        esac
    fi
    if [ -n "$words" ]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
        compopt -o filenames 2>/dev/null
    fi
}
complete -F _driftscope driftscope
