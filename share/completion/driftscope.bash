# Written by `driftscope complete bash`. Change the tables in viz/cli, not this file.
_driftscope()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=
    local commands='train eval drift figure view export info data bench doctor'

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$commands help --help --version" -- "$word"))
        return
    fi
    case ${COMP_WORDS[1]}:$before in
    help:*) words=$commands ;;
    train:--preset) words='fashion5' ;;
    train:--pool) words='cls mean' ;;
    train:--warmstart) words='none rotation' ;;
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
    drift:--by) words='auto layer class task image timeline' ;;
    drift:--reference) words='auto own previous first' ;;
    drift:--format) words='auto text csv tsv json latex markdown' ;;
    drift:--interval) words='bca percentile' ;;
    figure:--protocol) words='class task' ;;
    figure:--head) words='refined raw both' ;;
    export:--reference) words='own previous first' ;;
    export:--format) words='auto text csv tsv json latex markdown' ;;
    export:--interval) words='bca percentile' ;;
    esac
    if [ -z "$words" ] && [[ $word == -* ]]; then
        case ${COMP_WORDS[1]} in
        train) words=' --out --preset --config --like --resume --dry-run --data --image-size --tasks --base-classes --order --train-limit --eval-limit --pad --flip --mean --std --patch --dim --depth --heads --mlp-ratio --registers --no-qkv-bias --layer-scale --pool --eps --init --warmstart --warmstart-steps --warmstart-lr --method --trainable --freeze-last --retain-preset --mask-axis --threshold --threshold-eps --threshold-window --mask-source --mask-reduce --mask-history --mask-region --retain-mode --factor-clamp --optimizer --lr --qkv-scale --weight-decay --head-decay --momentum --nesterov --epochs --batch --schedule --milestones --gamma --warmup --temperature --head-init --no-refine --refine-epochs --refine-samples --refine-batch --refine-lr --refine-decay --seed --threads --save-every --eval-images --probe-images --quiet --verbose --help' ;;
        eval) words=' --json --threads --quiet --verbose --help' ;;
        drift) words=' --metric --by --layer --reference --unlearned --list --format --json --out --notes --percent --bold --bootstrap --interval --seed --quiet --verbose --help' ;;
        figure) words=' --output --venue --column --full --width --height --font --dpi --cmap --title --no-note --layer --images --after --metric --reference --protocol --head --clip --no-smooth --outline --labels --list --quiet --verbose --help' ;;
        view) words=' --at --size --ui-scale --font --keys --script --headless --stats --quiet --verbose --help' ;;
        export) words=' --table --metric --reference --list --format --json --out --notes --percent --bold --bootstrap --interval --seed --quiet --verbose --help' ;;
        info) words=' --json --quiet --verbose --help' ;;
        data) words=' --json --image-size --quiet --verbose --help' ;;
        bench) words=' --json --threads --rounds --model --quiet --verbose --help' ;;
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
